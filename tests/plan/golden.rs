//! Golden documents: what `plan --out` writes for a grid of answers. A change of one is read before it is
//! accepted.

use crate::world::{answers, bucket, facts, key, plan};
use lifeboat::domain::{Identity, KmsKeyRef, PolicyArn, Prefix, Region, RolePath, Tool};
use lifeboat::plan::Plan;
use lifeboat::plan::answers::{AccessMode, Answers, EncryptionKind, Feature, ResourceSet, SecretChoice};
use lifeboat::ports::Setting;

/// All documents of a plan, one after the other.
pub fn whole(plan: &Plan) -> String {
    let mut documents: Vec<_> = plan.documents().collect();
    documents.sort_by_key(|document| document.path.as_str());
    documents.iter().flat_map(|document| ["=== ", &document.path, "\n", &document.text]).collect()
}

fn golden(name: &str, change: impl FnOnce(&mut Answers)) {
    let mut answers = answers();
    change(&mut answers);
    insta::assert_snapshot!(name, whole(&plan(&answers, &facts())));
}

#[test]
fn the_least_answers() {
    golden("least", |_| {});
}

#[test]
fn every_feature_that_needs_permissions() {
    golden("features", |answers| {
        answers.velero.features =
            [Feature::FileSystemBackup, Feature::EbsSnapshots, Feature::Tagging].into_iter().collect();
        answers.tags.insert("team".to_owned(), "platform".to_owned());
    });
}

#[test]
fn csi_and_data_mover() {
    golden("data-mover", |answers| {
        answers.velero.features = [Feature::Csi, Feature::DataMover].into_iter().collect();
        answers.velero.schedule = None;
    });
}

#[test]
fn a_new_key() {
    golden("new-key", |answers| {
        answers.encryption.kind = EncryptionKind::Kms;
        answers.encryption.key = Some(KmsKeyRef::parse("new").unwrap());
    });
}

#[test]
fn an_existing_key() {
    let mut answers = answers();
    answers.encryption.kind = EncryptionKind::Kms;
    answers.encryption.key = Some(KmsKeyRef::parse("alias/backups").unwrap());
    let mut facts = facts();
    facts.key = Some(key("Enabled"));
    insta::assert_snapshot!("existing-key", whole(&plan(&answers, &facts)));
}

#[test]
fn a_read_only_location_at_the_root_of_a_bucket_elsewhere() {
    golden("read-only", |answers| {
        answers.velero.access_mode = AccessMode::ReadOnly;
        answers.bucket.prefix = Some(Prefix::parse("/").unwrap());
        answers.bucket.region = Some(Region::parse("eu-central-1").unwrap());
    });
}

#[test]
fn a_role_with_path_boundary_and_description() {
    golden("role", |answers| {
        answers.role.path = RolePath::parse("/backup/").unwrap();
        answers.role.boundary = Some(PolicyArn::parse("arn:aws:iam::111122223333:policy/limits").unwrap());
        answers.role.description = "Backups of the shop".to_owned();
    });
}

#[test]
fn china_has_its_own_partition_suffix_and_endpoint() {
    let mut answers = answers();
    answers.cluster.region = Region::parse("cn-north-1").unwrap();
    let mut facts = facts();
    facts.caller.arn = "arn:aws-cn:iam::111122223333:user/ada".to_owned();
    facts.caller.partition = "aws-cn".to_owned();
    facts.site.cluster.arn = "arn:aws-cn:eks:cn-north-1:111122223333:cluster/prod".to_owned();
    facts.site.cluster.issuer =
        Some("https://oidc.eks.cn-north-1.amazonaws.com.cn/id/0123456789ABCDEF0123456789ABCDEF".to_owned());
    answers.encryption.kind = EncryptionKind::Kms;
    answers.encryption.key = Some(KmsKeyRef::parse("new").unwrap());
    insta::assert_snapshot!("china", whole(&plan(&answers, &facts)));
}

#[test]
fn mirrored_images_and_the_users_own_values() {
    golden("mirror", |answers| {
        answers.install.image_registry = "registry.example.com/mirror".to_owned();
        answers.user_values = Some(serde_json::json!({
            "resources": {"requests": {"cpu": "100m"}},
            "initContainers": [{"name": "foreign-plugin", "image": "example.com/plugin:v1"}],
            "configuration": {"backupStorageLocation": [{"name": "other", "provider": "aws", "bucket": "theirs"}]},
            "snapshotsEnabled": true
        }));
    });
}

#[test]
fn an_existing_bucket_of_somebody_else_waits_for_consent() {
    let mut answers = answers();
    answers.bucket.create = false;
    let mut facts = facts();
    facts.bucket = bucket(
        "us-east-1",
        &[
            (
                Setting::Policy,
                r#"{"Version":"2012-10-17","Statement":[{"Sid":"Theirs","Effect":"Deny","Principal":"*","Action":"s3:DeleteBucket","Resource":"arn:aws:s3:::acme-backups"}]}"#,
            ),
            (
                Setting::Lifecycle,
                r#"{"Rules":[{"ID":"theirs","Status":"Enabled","Filter":{"Prefix":"logs/"},"Expiration":{"Days":30}}]}"#,
            ),
            (
                Setting::Encryption,
                r#"{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"},"BucketKeyEnabled":false}]}"#,
            ),
        ],
    );
    insta::assert_snapshot!("foreign-bucket", whole(&plan(&answers, &facts)));
}

#[test]
fn rancher_backup_by_both_identities() {
    for (name, identity) in [("rancher-irsa", Identity::Irsa), ("rancher-pod-identity", Identity::PodIdentity)] {
        golden(name, |answers| {
            answers.tool = Tool::RancherBackup;
            answers.identity = identity;
        });
    }
}

#[test]
fn rancher_backup_with_a_key_a_secret_a_mirror_and_an_endpoint() {
    golden("rancher-all", |answers| {
        answers.tool = Tool::RancherBackup;
        answers.encryption.kind = EncryptionKind::Kms;
        answers.encryption.key = Some(KmsKeyRef::parse("new").unwrap());
        answers.rancher.encryption_secret = SecretChoice::New;
        answers.rancher.resource_set = ResourceSet::Full;
        answers.rancher.endpoint = "bucket.vpce-0a1b2c3d.s3.us-east-1.vpce.amazonaws.com".to_owned();
        answers.rancher.schedule = None;
        answers.install.image_registry = "registry.example.com/mirror".to_owned();
        answers.user_values = Some(serde_json::json!({"proxy": "http://proxy.acme.example:3128", "debug": true}));
    });
}
