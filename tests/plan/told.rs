//! The facts that the demo world gives to answers: an account with clusters that have all three tools' foundations.

use lifeboat::domain::{BucketName, ClusterName, Identity, KmsKeyRef, Region, Tool};
use lifeboat::plan::Facts;
use lifeboat::plan::answers::{Answers, EncryptionKind, RestoreClusterAnswer};

/// Answers for `prod` of the demo world.
pub fn answers(tool: Tool, identity: Identity, encryption: &str, bucket: &str, restores: usize) -> Answers {
    let name = |text: &str| ClusterName::parse(text).unwrap();
    let region = |text: &str| Region::parse(text).unwrap();
    let mut answers =
        Answers::new(tool, identity, name("prod"), region("us-east-1"), BucketName::parse(bucket).unwrap());
    answers.bucket.create = bucket != "acme-logs";
    if encryption != "bucket-default" {
        answers.encryption.kind = EncryptionKind::Kms;
        answers.encryption.key = Some(KmsKeyRef::parse(encryption).unwrap());
    }
    let dr = RestoreClusterAnswer {
        name: name("dr"),
        region: region("us-west-2"),
        context: String::new(),
        namespace: None,
        service_account: None,
    };
    answers.restore_clusters = vec![dr; restores];
    answers
}

/// What the demo world says to answers; or why it cannot be read.
pub fn facts(answers: &Answers) -> Result<Facts, String> {
    let world = lifeboat::demo::World::open("default", None).expect("the demo world opens").ports();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let gathered = runtime.block_on(lifeboat::engine::gather(&world, answers));
    gathered.map(|gathered| gathered.facts).map_err(|trouble| trouble.to_string())
}
