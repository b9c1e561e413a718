//! B7: who may take the role.

use super::grid::{Made, grid, other_issuer};
use super::none;
use crate::world::{ACCOUNT, ISSUER, answers, document, facts, plan, role};
use lifeboat::domain::policy::{Caller, Context, Document, Evidence, Request, ResourceKind, ResourcePolicy, evaluate};

const SUBJECT: &str = "system:serviceaccount:velero:velero-server";
const AUDIENCE: &str = "sts.amazonaws.com";
const ROLE: &str = "lifeboat-velero-us-east-1-prod";

/// A token that is shown to STS.
struct Token {
    name: &'static str,
    /// The provider's account and issuer.
    account: &'static str,
    issuer: String,
    aud: Option<&'static str>,
    sub: Option<&'static str>,
}

fn token(name: &'static str) -> Token {
    Token { name, account: ACCOUNT, issuer: ISSUER.to_owned(), aud: Some(AUDIENCE), sub: Some(SUBJECT) }
}

/// Each differs from the right token in one thing.
fn wrong() -> Vec<Token> {
    let sub = |name, sub| Token { sub: Some(sub), ..token(name) };
    let aud = |name, aud| Token { aud: Some(aud), ..token(name) };
    vec![
        sub("wrong sub: another service account", "system:serviceaccount:velero:default"),
        sub("wrong sub: longer", "system:serviceaccount:velero:velero-server2"),
        sub("wrong sub: shorter", "system:serviceaccount:velero:velero-serve"),
        sub("wrong sub: case", "system:serviceaccount:velero:Velero-Server"),
        sub("wrong sub: wildcard", "system:serviceaccount:velero:*"),
        sub("wrong sub: a user", "velero-server"),
        sub("wrong sub: empty", ""),
        Token { sub: None, ..token("no sub") },
        sub("other namespace", "system:serviceaccount:payroll:velero-server"),
        sub("other namespace: longer", "system:serviceaccount:velero2:velero-server"),
        aud("wrong aud: another service", "vault"),
        aud("wrong aud: the API server", "https://kubernetes.default.svc"),
        aud("wrong aud: China's", "sts.amazonaws.com.cn"),
        aud("wrong aud: case", "STS.amazonaws.com"),
        aud("wrong aud: empty", ""),
        Token { aud: None, ..token("no aud") },
        Token { issuer: other_issuer(), ..token("other cluster") },
        Token { issuer: ISSUER.replace("us-east-1", "eu-central-1"), ..token("other cluster: region") },
        Token { account: "444455556666", ..token("other account") },
    ]
}

impl Token {
    /// The trust's word on the token: on `AssumeRoleWithWebIdentity`, unless `action` says otherwise.
    fn is_allowed(&self, trust: &str, partition: &str) -> bool {
        let provider = format!("arn:{partition}:iam::{}:oidc-provider/{}", self.account, self.issuer);
        let mut context = Context::new();
        for (key, value) in [("aud", self.aud), ("sub", self.sub)] {
            if let Some(value) = value {
                context = context.with(&format!("{}:{key}", self.issuer), value);
            }
        }
        ask(trust, Caller::Federated(provider), "sts:AssumeRoleWithWebIdentity", context)
    }
}

fn ask(trust: &str, caller: Caller, action: &str, context: Context) -> bool {
    let request =
        Request { caller, action: action.to_owned(), resource: format!("arn:aws:iam::{ACCOUNT}:role/{ROLE}"), context };
    let document = Document::parse(trust).unwrap();
    let resource = Some(ResourcePolicy { kind: ResourceKind::Trust, account: ACCOUNT.to_owned(), document });
    evaluate(&request, &Evidence { resource, ..Evidence::default() }).is_allowed()
}

fn allowed(trust: &str, partition: &str) -> Vec<&'static str> {
    wrong().iter().filter(|token| token.is_allowed(trust, partition)).map(|token| token.name).collect()
}

/// Callers that are no token of the cluster.
fn strangers() -> Vec<(&'static str, Caller, &'static str)> {
    let admin = Caller::Identity {
        arn: format!("arn:aws:iam::{ACCOUNT}:role/admin"),
        session: format!("arn:aws:sts::{ACCOUNT}:assumed-role/admin/ada"),
        account: ACCOUNT.to_owned(),
    };
    let pods = || Caller::Service("pods.eks.amazonaws.com".to_owned());
    let provider = Caller::Federated(format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"));
    vec![
        ("the account itself", admin, "sts:AssumeRole"),
        ("Pod Identity", pods(), "sts:AssumeRole"),
        ("Pod Identity's tags", pods(), "sts:TagSession"),
        ("nobody", Caller::Anonymous, "sts:AssumeRoleWithWebIdentity"),
        ("a token for another action", provider, "sts:TagSession"),
    ]
}

fn partition(made: &Made) -> &str {
    &made.plan.names.partition
}

#[test]
fn b7_every_wrong_token_is_denied_and_the_right_one_is_not() {
    let (mut faults, mut of) = (Vec::new(), 0);
    for made in grid() {
        let trust = document(&made.plan, "trust.json");
        of += wrong().len() + 1;
        faults.extend(allowed(trust, partition(made)).iter().map(|name| format!("{}: {name}", made.case.name())));
        if !token("right").is_allowed(trust, partition(made)) {
            faults.push(format!("{}: the right token is denied", made.case.name()));
        }
    }
    none("wrong answers about tokens", &faults, of);
}

#[test]
fn b7_who_is_no_token_is_denied() {
    let plan = plan(&answers(), &facts());
    let context = || Context::new().with(&format!("{ISSUER}:aud"), AUDIENCE).with(&format!("{ISSUER}:sub"), SUBJECT);
    let strangers = strangers();
    let of = strangers.len();
    let allowed = strangers.into_iter().filter_map(|(name, caller, action)| {
        ask(document(&plan, "trust.json"), caller, action, context()).then(|| name.to_owned())
    });
    none("strangers allowed", &allowed.collect::<Vec<_>>(), of);
}

/// Foreign statements stay: their tokens still pass, and nothing else does.
#[test]
fn b7_merged_with_a_foreign_statement_only_the_right_and_the_foreign_token_pass() {
    let foreign = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"Standby","Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::{ACCOUNT}:oidc-provider/{other}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{"{other}:aud":"{AUDIENCE}","{other}:sub":"system:serviceaccount:restore:reader"}}}}}}]}}"#,
        other = other_issuer()
    );
    let mut facts = facts();
    facts.site.role = Some(role(ROLE, &foreign, &[("managed-by", "lifeboat")]));
    let plan = plan(&answers(), &facts);
    let trust = document(&plan, "trust.json");
    assert_eq!(Document::parse(trust).unwrap().statements.len(), 2, "{trust}");
    none(
        "wrong tokens allowed",
        &allowed(trust, "aws").iter().map(ToString::to_string).collect::<Vec<_>>(),
        wrong().len(),
    );
    assert!(token("right").is_allowed(trust, "aws"));
    let reader =
        || Token { issuer: other_issuer(), sub: Some("system:serviceaccount:restore:reader"), ..token("foreign") };
    assert!(reader().is_allowed(trust, "aws"));
    // The subjects do not cross between the two clusters.
    assert!(!Token { issuer: ISSUER.to_owned(), ..reader() }.is_allowed(trust, "aws"));
    assert!(!Token { aud: Some("vault"), ..reader() }.is_allowed(trust, "aws"));
}

/// The forms that security.md 1.2 found in the wild fail, so the tokens can tell.
#[test]
fn b7_trust_by_audience_alone_or_subject_alone_is_seen() {
    let only = |key: &str, value: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringEquals":{{"{ISSUER}:{key}":"{value}"}}}}}}]}}"#
        )
    };
    let starting =
        |what: &'static [&'static str]| move |name: &&'static str| what.iter().any(|start| name.starts_with(start));
    let names: Vec<&str> = wrong().iter().map(|token| token.name).collect();
    let subjects: Vec<&str> =
        names.iter().copied().filter(starting(&["wrong sub", "no sub", "other namespace"])).collect();
    let audiences: Vec<&str> = names.iter().copied().filter(starting(&["wrong aud", "no aud"])).collect();
    assert_eq!((subjects.len(), audiences.len()), (10, 6));
    assert_eq!(allowed(&only("aud", AUDIENCE), "aws"), subjects);
    assert_eq!(allowed(&only("sub", SUBJECT), "aws"), audiences);
}
