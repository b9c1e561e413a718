//! "May I apply it?", asked of the account and of every cluster before anything is changed.

use crate::support::{User, answers};
use lifeboat::engine::{PreflightLine, Verdict, preflight};
use lifeboat::plan::Prove;

async fn asked(user: &User, caller: Option<&str>) -> Vec<PreflightLine> {
    let (plan, gathered) = user.plan(&answers("prod"), Prove::Needed).await;
    let caller = caller.unwrap_or(&gathered.facts.caller.arn).to_owned();
    preflight(&user.world, &plan, &caller, &gathered.sites).await
}

fn of<'l>(lines: &'l [PreflightLine], start: &str) -> &'l PreflightLine {
    let found = lines.iter().find(|line| line.what.as_str().starts_with(start));
    found.unwrap_or_else(|| panic!("no line {start:?} among {lines:#?}"))
}

#[tokio::test]
async fn whoever_may_do_everything_is_told_so_for_each_call_and_kind() {
    let user = User::at("default");
    let lines = asked(&user, None).await;
    assert!(lines.iter().all(|line| line.verdict != Verdict::Denied), "{lines:#?}");
    for start in [
        "iam:CreateRole on arn:aws:iam::111122223333:role/",
        "s3:CreateBucket on",
        "prod: create backups.velero.io in velero",
    ] {
        assert_eq!(of(&lines, start).verdict, Verdict::Allowed, "{start}");
    }
    let unknown: Vec<_> = lines.iter().filter(|line| line.verdict == Verdict::Unknown).collect();
    assert_eq!(unknown.len(), 1, "the chart's own kinds are not asked for: {unknown:#?}");
    assert!(unknown[0].what.as_str().contains("clusterrolebindings"), "{unknown:#?}");
}

#[tokio::test]
async fn what_no_policy_allows_is_denied_and_what_cannot_be_asked_is_unknown() {
    let user = User::at("default");
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}]}"#;
    let role = lifeboat::ports::NewRole {
        name: "reader".to_owned(),
        path: "/".to_owned(),
        trust: trust.to_owned(),
        description: String::new(),
        boundary: String::new(),
        tags: lifeboat::ports::Tags::new(),
    };
    let role = user.world.aws.create_role(&role).await.unwrap();
    let may_read =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:Get*","eks:*"],"Resource":"*"}]}"#;
    user.world.aws.put_role_policy("reader", "reader", may_read).await.unwrap();
    // IAM takes a while until a policy counts.
    user.world.host.sleep(std::time::Duration::from_mins(1)).await;
    let lines = asked(&user, Some(&role.arn)).await;
    assert_eq!(of(&lines, "iam:GetRole on").verdict, Verdict::Allowed);
    let denied = of(&lines, "iam:CreateRole on");
    assert_eq!((denied.verdict, denied.why.as_str()), (Verdict::Denied, "no policy allows it"));

    let root = asked(&user, Some("arn:aws:iam::111122223333:root")).await;
    let unknown = of(&root, "iam:CreateRole on");
    assert_eq!(unknown.verdict, Verdict::Unknown, "an error is never a no");
    assert!(unknown.why.as_str().contains("could not be asked"), "{}", unknown.why);
}

#[tokio::test]
async fn a_preflight_changes_nothing() {
    let user = User::at("default");
    let before = user.plan(&answers("prod"), Prove::Needed).await.0;
    asked(&user, None).await;
    assert_eq!(user.plan(&answers("prod"), Prove::Needed).await.0, before);
}
