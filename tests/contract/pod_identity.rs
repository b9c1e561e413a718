//! Pod Identity associations, add-ons, and the simulator.

use crate::fixture::{Fixture, allow, kind, policy};
use lifeboat::ports::{Answer, Asked, Association, NewAssociation, Role, Tags, TroubleKind, Verdict};
use serde_json::json;

/// A role that EKS may assume for pods.
async fn role(at: &Fixture) -> Role {
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]});
    let mut new = at.new_role("r", &trust.to_string());
    "/".clone_into(&mut new.path);
    at.world.aws.create_role(&new).await.unwrap()
}

fn new(at: &Fixture, account: &str, role_arn: &str) -> NewAssociation {
    NewAssociation {
        region: at.region.clone(),
        cluster: at.cluster.clone(),
        namespace: at.name("ns"),
        service_account: account.to_owned(),
        role_arn: role_arn.to_owned(),
        token: at.name("token"),
        tags: Tags::from([("managed-by".to_owned(), "contract".to_owned())]),
    }
}

/// Makes it, once EKS sees the role.
async fn create(at: &Fixture, new: &NewAssociation) -> Answer<Association> {
    let aws = at.world.aws.clone();
    at.eventually(&[TroubleKind::Invalid], async || aws.create_association(new).await).await
}

async fn of(at: &Fixture, accounts: &[&str]) -> Vec<Association> {
    let accounts: Vec<_> = accounts.iter().map(|account| (at.name("ns"), (*account).to_owned())).collect();
    at.world.aws.associations(&at.region, &at.cluster, &accounts).await.unwrap()
}

async fn clean(at: &Fixture, accounts: &[&str], role: &Role) {
    for one in of(at, accounts).await {
        at.world.aws.delete_association(&at.region, &at.cluster, &one.id).await.unwrap();
    }
    for name in at.world.aws.role_policies(&role.name).await.unwrap() {
        at.world.aws.delete_role_policy(&role.name, &name).await.unwrap();
    }
    at.world.aws.delete_role(&role.name).await.unwrap();
}

pub async fn an_association_comes_changes_and_goes(at: &Fixture) {
    let (aws, role) = (&at.world.aws, role(at).await);
    let asked = new(at, "app", &role.arn);
    let made = create(at, &asked).await.unwrap();
    assert!(made.id.starts_with("a-") && made.arn.contains(":podidentityassociation/"), "{made:?}");
    let found = of(at, &["app"]).await;
    assert_eq!(found, std::slice::from_ref(&made));
    assert_eq!((&made.namespace, &made.role_arn), (&asked.namespace, &role.arn));
    assert_eq!((made.service_account.as_str(), made.disable_session_tags), ("app", false));
    assert_eq!((made.target_role_arn.as_str(), made.owner.as_str(), made.tags), ("", "", asked.tags));

    let mut second = at.new_role("s", &role.trust);
    "/".clone_into(&mut second.path);
    let second = aws.create_role(&second).await.unwrap();
    let update = async || aws.update_association(&at.region, &at.cluster, &made.id, &second.arn, "update-1").await;
    at.eventually(&[TroubleKind::Invalid], update).await.unwrap();
    assert_eq!(of(at, &["app"]).await[0].role_arn, second.arn);

    aws.delete_association(&at.region, &at.cluster, &made.id).await.unwrap();
    aws.delete_association(&at.region, &at.cluster, &made.id).await.unwrap();
    assert!(of(at, &["app"]).await.is_empty());
    aws.delete_role(&second.name).await.unwrap();
    clean(at, &[], &role).await;
}

pub async fn a_second_association_of_a_service_account_exists(at: &Fixture) {
    let role = role(at).await;
    let asked = new(at, "app", &role.arn);
    create(at, &asked).await.unwrap();
    let trouble = create(at, &NewAssociation { token: at.name("other"), ..asked }).await.unwrap_err();
    assert_eq!((trouble.kind, trouble.code.as_str()), (TroubleKind::Exists, "ResourceInUseException"));
    clean(at, &["app"], &role).await;
}

pub async fn a_repeated_token_makes_no_second_association(at: &Fixture) {
    let role = role(at).await;
    let asked = new(at, "app", &role.arn);
    let first = create(at, &asked).await.unwrap();
    let again = create(at, &asked).await;
    clean(at, &["app"], &role).await;
    assert_eq!(again.map(|made| made.id), Ok(first.id));
}

pub async fn a_role_that_is_not_there_is_not_associated(at: &Fixture) {
    let none = format!("arn:{}:iam::{}:role/none", at.partition, at.account);
    let asked = new(at, "app", &none);
    let answer = at.world.aws.create_association(&asked).await;
    for one in of(at, &["app"]).await {
        at.world.aws.delete_association(&at.region, &at.cluster, &one.id).await.unwrap();
    }
    assert_eq!(kind(answer), TroubleKind::Invalid);
}

pub async fn associations_are_found_by_their_service_accounts(at: &Fixture) {
    let (aws, role) = (&at.world.aws, role(at).await);
    for account in ["one", "two", "three"] {
        create(at, &NewAssociation { token: at.name(account), ..new(at, account, &role.arn) }).await.unwrap();
    }
    let found = of(at, &["three", "none", "one"]).await;
    let names: Vec<_> = found.iter().map(|one| one.service_account.as_str()).collect();
    assert_eq!(names, ["three", "one"]);
    let listed = aws.associated(&at.region, &at.cluster).await.unwrap();
    let mut names: Vec<_> = listed.iter().filter(|one| one.namespace == at.name("ns")).collect();
    names.sort();
    let names: Vec<_> = names.iter().map(|one| one.service_account.as_str()).collect();
    assert_eq!(names, ["one", "three", "two"]);
    assert!(of(at, &[]).await.is_empty());
    let asked = [(at.name("ns"), "one".to_owned())];
    assert!(aws.associations(&at.region, "no-such-cluster", &asked).await.unwrap().is_empty());
    clean(at, &["one", "two", "three"], &role).await;
}

pub async fn an_addon_comes_and_goes(at: &Fixture) {
    let (aws, name) = (&at.world.aws, "snapshot-controller");
    let tags = Tags::from([("managed-by".to_owned(), "contract".to_owned())]);
    aws.create_addon(&at.region, &at.cluster, name, "", &tags).await.unwrap();
    let made = aws.addon(&at.region, &at.cluster, name).await.unwrap().unwrap();
    assert!(["CREATING", "ACTIVE"].contains(&made.status.as_str()) && made.tags == tags, "{made:?}");
    assert_eq!(kind(aws.create_addon(&at.region, &at.cluster, name, "", &tags).await), TroubleKind::Exists);
    aws.delete_addon(&at.region, &at.cluster, name).await.unwrap();
    aws.delete_addon(&at.region, &at.cluster, name).await.unwrap();
    assert_eq!(aws.addon(&at.region, &at.cluster, name).await.unwrap(), None);
}

pub async fn the_versions_of_an_addon_have_one_default(at: &Fixture) {
    let found = at.world.aws.addon_versions(&at.region, "eks-pod-identity-agent", "1.34").await;
    let found = found.expect("its versions are known");
    assert_eq!(found.iter().filter(|version| version.default).count(), 1, "{found:?}");
}

pub async fn the_simulator_says_what_a_role_may_do(at: &Fixture) {
    let (aws, role) = (&at.world.aws, role(at).await);
    let arn = |name: &str| format!("arn:{}:s3:::{name}", at.partition);
    let text = policy(&[allow(&["s3:ListBucket"], &[arn("acme")])]);
    aws.put_role_policy(&role.name, "list", &text).await.unwrap();
    let actions = ["s3:ListBucket", "s3:DeleteBucket"].map(str::to_owned).to_vec();
    let asked = [Asked { actions, resources: vec![arn("acme")] }];
    let listed = async || {
        let said = aws.simulate(&role.arn, &asked).await?;
        let waits = said[0].verdict != Verdict::Allowed;
        if waits { Err(lifeboat::ports::Trouble::new(TroubleKind::Denied, "not yet")) } else { Ok(said) }
    };
    let said = at.eventually(&[TroubleKind::Denied], listed).await.unwrap();
    let told: Vec<_> = said.iter().map(|one| (one.action.as_str(), one.verdict)).collect();
    assert_eq!(told, [("s3:ListBucket", Verdict::Allowed), ("s3:DeleteBucket", Verdict::NotAllowed)]);
    clean(at, &[], &role).await;
}

pub async fn the_simulator_is_asked_once_for_many_resources(at: &Fixture) {
    let (aws, role) = (&at.world.aws, role(at).await);
    let arn = |name: &str| format!("arn:{}:s3:::{name}", at.partition);
    let asked = [
        Asked { actions: vec!["s3:ListBucket".to_owned()], resources: vec![arn("acme"), arn("other")] },
        Asked { actions: vec!["s3:GetObject".to_owned()], resources: vec![arn("acme/*")] },
    ];
    let said = aws.simulate(&role.arn, &asked).await.unwrap();
    clean(at, &[], &role).await;
    let told: Vec<_> = said.iter().map(|one| (one.action.as_str(), one.resource.as_str())).collect();
    let (acme, other, objects) = (arn("acme"), arn("other"), arn("acme/*"));
    let all = [("s3:ListBucket", &*acme), ("s3:ListBucket", &*other), ("s3:GetObject", &*objects)];
    assert_eq!(told, all);
    assert!(said.iter().all(|one| one.verdict == Verdict::NotAllowed), "all resources are told: {said:?}");
}
