//! What Rancher Backup's plan decides on besides: read for this tool alone.

use crate::domain::Tool;
use crate::domain::status::{RANCHER_LOCATION, rancher_place};
use crate::plan::answers::{Answers, SecretChoice};
use crate::plan::{ENCRYPTION_KEY, ENCRYPTION_SECRET, EncryptionSecret, Place, RANCHER_BACKUP, RancherFacts};
use crate::ports::{Answer, ClusterAccess, Kind, Kube, Object, World};

/// Reads them; nothing for another tool.
pub async fn read(
    world: &World,
    access: &ClusterAccess,
    kube: &dyn Kube,
    answers: &Answers,
    place: &Place,
) -> Answer<RancherFacts> {
    if answers.tool != Tool::RancherBackup {
        return Ok(RancherFacts::default());
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
    let (rancher, crds, secret, location, backup) = futures::try_join!(
        kube.get(Kind::Deployment, "cattle-system", "rancher"),
        world.helm.release(access, namespace, "rancher-backup-crd"),
        secret,
        kube.get(Kind::Secret, namespace, RANCHER_LOCATION),
        kube.get(Kind::RancherBackup, "", RANCHER_BACKUP),
    )?;
    Ok(RancherFacts {
        rancher: rancher.as_ref().map(tag),
        crds,
        encryption: match secret {
            None => EncryptionSecret::Absent,
            Some(secret) if secret["data"][ENCRYPTION_KEY].is_string() => EncryptionSecret::There,
            Some(_) => EncryptionSecret::WithoutKey,
        },
        location: location.as_ref().and_then(rancher_place),
        backup,
    })
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
