//! What Rancher Backup's plan decides on besides: read for this tool alone.

use crate::domain::Tool;
use crate::domain::status::{RANCHER_LOCATION, rancher_place};
use crate::plan::answers::{Answers, SecretChoice};
use crate::plan::{
    ENCRYPTION_KEY, ENCRYPTION_SECRET, EncryptionSecret, Place, RANCHER_BACKUP, RancherFacts, deployed, records,
};
use crate::ports::{Answer, ClusterAccess, Kind, Kube, Object, World};
use std::collections::BTreeMap;

/// Reads them, with the key that encrypts as the Secret has it, to compare it with another cluster's; nothing for
/// another tool.
pub async fn read(
    world: &World,
    access: &ClusterAccess,
    kube: &dyn Kube,
    answers: &Answers,
    place: &Place,
) -> Answer<(RancherFacts, Option<String>)> {
    if answers.tool != Tool::RancherBackup {
        return Ok((RancherFacts::default(), None));
    }
    let namespace = place.namespace.as_str();
    let name = match &answers.rancher.encryption_secret {
        SecretChoice::None => String::new(),
        SecretChoice::New => ENCRYPTION_SECRET.to_owned(),
        SecretChoice::Named(name) => name.to_string(),
    };
    let secret = async {
        if name.is_empty() {
            return Ok(None);
        }
        kube.get(Kind::Secret, namespace, &name).await
    };
    let of_release = records(&place.release);
    let (rancher, crds, secret, location, backups, restores, records) = futures::try_join!(
        kube.get(Kind::Deployment, "cattle-system", "rancher"),
        world.helm.release(access, namespace, "rancher-backup-crd"),
        secret,
        kube.get(Kind::Secret, namespace, RANCHER_LOCATION),
        kube.list(Kind::RancherBackup, "", ""),
        kube.list(Kind::RancherRestore, "", ""),
        kube.list(Kind::Secret, namespace, &of_release),
    )?;
    let (backup, others): (Vec<_>, Vec<_>) =
        backups.into_iter().partition(|backup| backup["metadata"]["name"] == RANCHER_BACKUP);
    let ours = |backup: &Object| backup["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "lifeboat";
    let key = secret.as_ref().and_then(|secret| secret["data"][ENCRYPTION_KEY].as_str()).map(str::to_owned);
    let facts = RancherFacts {
        rancher: rancher.as_ref().map(tag),
        crds,
        encryption: match secret {
            None => EncryptionSecret::Absent,
            Some(_) if key.is_some() => EncryptionSecret::There,
            Some(_) => EncryptionSecret::WithoutKey,
        },
        location: location.as_ref().and_then(rancher_place),
        fields: location.as_ref().map(fields).unwrap_or_default(),
        backup: backup.into_iter().next(),
        others: others.into_iter().filter(|backup| !ours(backup)).collect(),
        restores,
        deployed: deployed(&records),
    };
    Ok((facts, key))
}

/// What the Secret of the default location holds.
fn fields(secret: &Object) -> BTreeMap<String, String> {
    let data = secret["data"].as_object().into_iter().flatten();
    data.filter_map(|(field, value)| Some((field.clone(), value.as_str()?.to_owned()))).collect()
}

/// The tag of a Deployment's image: of the container named as it, else of the first.
fn tag(deployment: &Object) -> String {
    let containers = deployment["spec"]["template"]["spec"]["containers"].as_array().map_or(&[][..], Vec::as_slice);
    let main = containers.iter().find(|one| one["name"] == deployment["metadata"]["name"]).or(containers.first());
    let image = main.and_then(|container| container["image"].as_str()).unwrap_or_default();
    let image = image.split('@').next().unwrap_or_default();
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split_once(':').map_or("", |(_, tag)| tag).to_owned()
}
