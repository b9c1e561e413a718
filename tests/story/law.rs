//! Laws over answers of many kinds: after an apply the plan is all keep, its digest is the one before, and
//! the answers written and read again give the same.

use crate::support::{User, answers, to_do};
use lifeboat::domain::{
    GoDuration, KmsKeyRef, LocationName, Namespace, Prefix, ReleaseName, RoleName, RolePath, Schedule, ServiceAccount,
};
use lifeboat::engine::Outcome;
use lifeboat::plan::Prove;
use lifeboat::plan::answers::{AccessMode, Answers, EncryptionKind, Feature};
use proptest::prelude::*;

/// Answers that the demo world's `prod` can be set up with.
fn some_answers() -> impl Strategy<Value = Answers> {
    let features = proptest::sample::subsequence(
        vec![Feature::FileSystemBackup, Feature::EbsSnapshots, Feature::Csi, Feature::DataMover, Feature::Tagging],
        0..5,
    );
    let names = proptest::option::of(("[a-z]{3,10}", "[a-z]{3,10}", "[a-z]{3,10}", "[A-Za-z]{3,20}"));
    let storage = (prop_oneof![Just("/"), Just("backups"), Just("team/a")], 1..400_u32, 0..4_u8);
    let velero = (any::<bool>(), 1..2000_u32, proptest::option::of("[a-z]{3,8}"), any::<bool>());
    (features, names, storage, velero, any::<bool>()).prop_map(|(features, names, storage, velero, tags)| {
        let mut answers = answers("prod");
        answers.velero.features = features.into_iter().collect();
        if let Some((namespace, account, release, role)) = names {
            answers.install.namespace = Some(Namespace::parse(&namespace).unwrap());
            answers.install.service_account = Some(ServiceAccount::parse(&account).unwrap());
            answers.install.release = Some(ReleaseName::parse(&format!("velero-{release}")).unwrap());
            answers.role.name = Some(RoleName::parse(&role).unwrap());
            answers.role.path = RolePath::parse("/backup/").unwrap();
        }
        let (prefix, days, encryption) = storage;
        answers.bucket.prefix = Some(Prefix::parse(prefix).unwrap());
        answers.bucket.noncurrent_days = days;
        match encryption {
            1 => answers.encryption.kind = EncryptionKind::SseS3,
            2 => {
                answers.encryption.kind = EncryptionKind::Kms;
                answers.encryption.key = Some(KmsKeyRef::parse("new").unwrap());
            }
            3 => {
                answers.encryption.kind = EncryptionKind::Kms;
                answers.encryption.key = Some(KmsKeyRef::parse("alias/backups").unwrap());
            }
            _ => {}
        }
        let (scheduled, hours, location, read_only) = velero;
        answers.velero.schedule = scheduled.then(|| Schedule::parse("30 2 * * 1").unwrap());
        answers.velero.ttl = GoDuration::parse(&format!("{hours}h")).unwrap();
        if let Some(location) = location {
            answers.velero.location = LocationName::parse(&location).unwrap();
        }
        if read_only {
            answers.velero.access_mode = AccessMode::ReadOnly;
        }
        if tags {
            answers.tags.insert("team".to_owned(), "platform".to_owned());
        }
        answers
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn after_an_apply_the_plan_is_all_keep_and_its_digest_the_same(answers in some_answers()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let user = User::at("default");
            let (before, _) = user.plan(&answers, Prove::Needed).await;
            let ran = user.apply(&answers, Prove::Needed).await;
            let outcome = if before.names.writes { Outcome::Verified } else { Outcome::Applied };
            ran.ended(0, outcome);
            let (after, _) = user.plan(&answers, Prove::Needed).await;
            assert_eq!(to_do(&after), Vec::<&str>::new(), "{:?}", after.changes.iter().map(|change| &change.diff).collect::<Vec<_>>());
            assert_eq!(before.digest, after.digest);
        });
    }

    #[test]
    fn answers_written_and_read_again_give_the_same_digest(answers in some_answers()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let user = User::at("default");
            let (plan, gathered) = user.plan(&answers, Prove::Needed).await;
            let again = Answers::parse(&answers.to_toml()).expect("what was written can be read");
            let again = lifeboat::plan::plan(&again, &gathered.facts, Prove::Needed).expect("a plan");
            assert_eq!(plan.digest, again.digest);
        });
    }
}
