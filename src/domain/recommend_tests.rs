#![allow(clippy::unwrap_used)]
use super::*;

/// A cluster on which both can be used.
fn facts() -> IdentityFacts {
    IdentityFacts {
        tool: Some(Tool::Velero),
        kubernetes: Some("1.34".to_owned()),
        issuer: Some(true),
        provider: Some(false),
        agent: Some(None),
        private: Some(false),
        clusters_of_the_role: 1,
        ..IdentityFacts::default()
    }
}

#[allow(clippy::option_option, clippy::unnecessary_wraps)] // as the field has it
fn agent(status: &str) -> Option<Option<String>> {
    Some(Some(status.to_owned()))
}

fn first(recommended: &Recommendation) -> &str {
    recommended.reasons.first().map_or("", Shown::as_str)
}

#[test]
fn an_agent_that_runs_decides_for_pod_identity() {
    let with = recommend(&IdentityFacts { agent: agent("ACTIVE"), ..facts() });
    assert_eq!((with.identity, first(&with)), (Identity::PodIdentity, "its agent runs on the cluster"));
    assert!(with.notes.is_empty() && with.cannot.is_empty(), "{with:?}");
    let without = recommend(&facts());
    assert_eq!((without.identity, first(&without)), (Identity::Irsa, "it needs nothing that runs on the nodes"));
}

#[test]
fn a27_an_agent_that_does_not_work_is_no_reason_for_it() {
    for status in ["DEGRADED", "CREATE_FAILED"] {
        let found = recommend(&IdentityFacts { agent: agent(status), ..facts() });
        assert_eq!(found.identity, Identity::Irsa);
        assert!(first(&found).contains(status), "{found:?}");
    }
}

#[test]
fn a27_nodes_without_an_agent_are_noted_and_alone_they_bar_it() {
    let some = IdentityFacts { agent: agent("ACTIVE"), fargate: 1, windows: 2, ..facts() };
    let found = recommend(&some);
    let notes: Vec<&str> = found.notes.iter().map(Shown::as_str).collect();
    assert_eq!(found.identity, Identity::PodIdentity);
    assert!(notes[0].starts_with("1 node of Fargate") && notes[1].starts_with("2 nodes with Windows"), "{notes:?}");
    let all = recommend(&IdentityFacts { agentless_alone: true, ..some });
    assert_eq!((all.identity, all.cannot[0].0), (Identity::Irsa, Identity::PodIdentity));
}

#[test]
fn versions_that_do_not_take_it_bar_it() {
    let cases = [
        (Tool::Velero, "1.13.2", true),
        (Tool::Velero, "v1.14.0", false),
        (Tool::Velero, "v1.18.3", false),
        (Tool::RancherBackup, "3.1.3", true),
        (Tool::RancherBackup, "4.0.1+up4.0.1", true),
        (Tool::RancherBackup, "4.0.2", false),
        (Tool::RancherBackup, "5.0.0", false),
        (Tool::UpboundSpaces, "1.10.0", false),
    ];
    for (tool, version, barred) in cases {
        let installed = Some(version.to_owned());
        let found = recommend(&IdentityFacts { tool: Some(tool), installed, agent: agent("ACTIVE"), ..facts() });
        assert_eq!(found.identity == Identity::Irsa, barred, "{tool} {version}: {found:?}");
        assert_eq!(found.cannot.len(), usize::from(barred), "{tool} {version}");
    }
    let old = recommend(&IdentityFacts { kubernetes: Some("1.23".to_owned()), agent: agent("ACTIVE"), ..facts() });
    assert_eq!(old.cannot[0].0, Identity::PodIdentity);
}

#[test]
fn without_an_issuer_only_pod_identity_is_left() {
    let found = recommend(&IdentityFacts { issuer: Some(false), ..facts() });
    assert_eq!((found.identity, found.cannot[0].0), (Identity::PodIdentity, Identity::Irsa));
}

#[test]
fn a28_what_is_there_already_is_kept() {
    let role = Some("arn:aws:iam::111122223333:role/old".to_owned());
    let annotated = recommend(&IdentityFacts { annotated: role.clone(), agent: agent("ACTIVE"), ..facts() });
    assert_eq!(annotated.identity, Identity::Irsa);
    let associated = recommend(&IdentityFacts { annotated: role.clone(), associated: role, ..facts() });
    assert_eq!((associated.identity, associated.cannot[0].0), (Identity::PodIdentity, Identity::Irsa));
}

#[test]
fn many_clusters_of_one_role_and_big_volumes_speak_for_pod_identity() {
    let many = recommend(&IdentityFacts { clusters_of_the_role: 5, ..facts() });
    assert!(many.identity == Identity::PodIdentity && first(&many).contains("2,048"), "{many:?}");
    let big = recommend(&IdentityFacts { largest_volume: Some(2_000), provider: Some(true), ..facts() });
    assert!(big.identity == Identity::PodIdentity && first(&big).contains("6 hours"), "{big:?}");
    let barred = recommend(&IdentityFacts { largest_volume: Some(2_000), agentless_alone: true, ..facts() });
    assert!(barred.notes.iter().any(|note| note.as_str().contains("velero-F35")), "{barred:?}");
}

#[test]
fn what_nobody_could_read_speaks_for_neither_and_is_said() {
    let found = recommend(&IdentityFacts::default());
    assert_eq!(found.identity, Identity::Irsa);
    assert!(first(&found).contains("not known") && found.cannot.is_empty(), "{found:?}");
    let private = recommend(&IdentityFacts { private: Some(true), agent: agent("ACTIVE"), ..facts() });
    assert!(private.notes.iter().any(|note| note.as_str().contains("eks-auth")), "{private:?}");
}

#[test]
fn auto_mode_runs_the_agent_without_an_add_on() {
    let found = recommend(&IdentityFacts { built_in: true, ..facts() });
    assert_eq!((found.identity, first(&found)), (Identity::PodIdentity, "EKS Auto Mode has its agent built in"));
    assert!(found.notes.is_empty(), "{found:?}");
}

#[test]
fn what_one_of_the_clusters_cannot_none_can() {
    let old = |name: &str| (name.to_owned(), IdentityFacts { kubernetes: Some("1.23".to_owned()), ..facts() });
    let agent = IdentityFacts { agent: agent("ACTIVE"), ..facts() };
    let told = |others: &[(String, IdentityFacts)]| {
        let found = recommend_for(&agent, others);
        assert_eq!(found.choice(), Some(Identity::Irsa));
        found.barred(Identity::PodIdentity).unwrap().to_string()
    };
    assert!(told(&[old("dr")]).starts_with("dr: Kubernetes 1.23 has none"));
    let others: Vec<_> = ["dr", "a", "b"].map(old).into();
    assert!(told(&others).ends_with("1.24; nor in a, b"), "{}", told(&others));
    let others: Vec<_> = ["dr", "a", "b", "c", "d", "e"].map(old).into();
    assert!(told(&others).ends_with("; nor in a, b, c and 2 others"), "{}", told(&others));
    let unknown = ("lab".to_owned(), IdentityFacts::default());
    assert_eq!(recommend_for(&agent, &[unknown]).choice(), Some(Identity::PodIdentity), "unknown rules nothing out");
}

#[test]
fn where_neither_can_be_used_none_is_chosen() {
    let found = recommend(&IdentityFacts { issuer: Some(false), agentless_alone: true, ..facts() });
    assert_eq!((found.choice(), found.cannot.len()), (None, 2));
}
