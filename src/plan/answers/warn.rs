//! What is allowed and people stumble on.

use super::problem::Problem;
use super::{Answers, LockMode};
use crate::domain::{Namespace, Region, tags};

/// Warnings; none of them stops a plan.
pub fn warnings(answers: &Answers) -> Vec<Problem> {
    let mut to = Vec::new();
    region(&mut to, "cluster.region", &answers.cluster.region);
    for (index, cluster) in answers.restore_clusters.iter().enumerate() {
        region(&mut to, &format!("restore_cluster[{index}].region"), &cluster.region);
        if let Some(place) = &cluster.namespace {
            namespace(&mut to, &format!("restore_cluster[{index}].namespace"), place);
        }
    }
    if let Some(own) = &answers.bucket.region {
        region(&mut to, "bucket.region", own);
    }
    if answers.bucket.create && answers.bucket_region() != answers.cluster.region {
        let what = format!("the bucket is in {}, the cluster in {}", answers.bucket_region(), answers.cluster.region);
        to.push(Problem::new("bucket.region", what, "traffic between regions costs money and time", ""));
    }
    if let Some(warning) = answers.bucket.name.warning() {
        to.push(Problem::new("bucket.name", format!("{} has dots", answers.bucket.name), warning, ""));
    }
    if answers.bucket.object_lock_days > 0 && answers.bucket.object_lock_mode == LockMode::Compliance {
        let what = format!("Object Lock holds for {} days in compliance mode", answers.bucket.object_lock_days);
        let why = "nobody can shorten it, not even the account's root user, and all of it is paid for";
        to.push(Problem::new("bucket.object_lock_mode", what, why, "governance can be lifted by whoever may"));
    }
    if answers.encryption.key.as_ref().is_some_and(crate::domain::KmsKeyRef::is_aws_managed) {
        let why = "its key policy cannot be changed, so it serves roles of this account only";
        to.push(Problem::new("encryption.key", "the key is one of AWS's own", why, "Name a key of yours, or \"new\""));
    }
    for (key, reason) in tags::check(&answers.tags).warnings {
        to.push(Problem::of(format!("tags.{key}"), &reason));
    }
    namespace(&mut to, "install.namespace", &answers.namespace());
    to
}

fn region(to: &mut Vec<Problem>, field: &str, region: &Region) {
    if region.is_known() {
        return;
    }
    let todo = region.nearest_known().map_or_else(String::new, |near| format!("Did you mean \"{near}\"?"));
    let why = "it may be newer than this lifeboat; the account's list of regions decides";
    to.push(Problem::new(field, format!("region {region} is not known here"), why, todo));
}

fn namespace(to: &mut Vec<Problem>, field: &str, namespace: &Namespace) {
    if namespace.is_system() {
        let why = "it belongs to the cluster itself; who may write there may use the role";
        to.push(Problem::new(field, format!("namespace {namespace} is a system namespace"), why, ""));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn fields(more: &str) -> Vec<String> {
        let text = format!(
            "tool = \"velero\"\n[cluster]\nname = \"prod\"\nregion = \"us-east-1\"\n[bucket]\nname = \"acme-backups\"\n{more}\n"
        );
        Answers::parse(&text).unwrap().warnings().into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn ordinary_answers_have_no_warning() {
        assert_eq!(fields(""), Vec::<String>::new());
    }

    #[test]
    fn n06_n11_n20_n22_n28_n30_are_warned_of_and_stop_nothing() {
        assert_eq!(fields("region = \"us-west-2\""), ["bucket.region"]);
        assert_eq!(fields("region = \"nz-south-7\""), ["bucket.region", "bucket.region"]);
        assert_eq!(fields("object_lock_days = 3\nobject_lock_mode = \"compliance\""), ["bucket.object_lock_mode"]);
        assert_eq!(fields("[encryption]\nkind = \"kms\"\nkey = \"alias/aws/s3\""), ["encryption.key"]);
        assert_eq!(fields("[tags]\nTeam = \"a\"\nteam = \"b\""), ["tags.team"]);
        assert_eq!(fields("[install]\nnamespace = \"kube-system\""), ["install.namespace"]);
        let restore = "[[restore_cluster]]\nname = \"dr\"\nregion = \"us-east-9\"\nnamespace = \"default\"";
        assert_eq!(fields(restore), ["restore_cluster[0].region", "restore_cluster[0].namespace"]);
    }
}
