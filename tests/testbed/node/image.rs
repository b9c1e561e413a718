//! The images that the node has.

use k8s_openapi::api::core::v1::{Container, PodSpec};

pub const VELERO: &str = "velero/velero";
pub const PLUGIN: &str = "velero/velero-plugin-for-aws";
const BUILT: [(&str, &str); 2] = [(VELERO, "v1.18.3"), (PLUGIN, "v1.14.3")];

/// Whether the container's image is of this repository, at whatever registry.
pub fn is(container: &Container, repository: &str) -> bool {
    let (name, _) = split(container.image.as_deref().unwrap_or_default());
    name == repository || name.strip_suffix(repository).is_some_and(|before| before.ends_with('/'))
}

/// Why the image cannot be pulled, if so. One named by its digest alone is taken as it is.
pub fn refused(container: &Container) -> Option<String> {
    let image = container.image.as_deref().unwrap_or_default();
    let (_, tag) = split(image);
    let (_, built) = BUILT.iter().find(|(repository, _)| is(container, repository))?;
    let tag = match tag {
        None if image.contains('@') => return None,
        tag => tag.unwrap_or("latest"),
    };
    (tag != *built).then(|| {
        format!("rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": {image}: not found")
    })
}

/// All containers of a pod, and whether they are init containers.
pub fn containers(spec: &PodSpec) -> impl Iterator<Item = (bool, &Container)> {
    let init = spec.init_containers.iter().flatten().map(|container| (true, container));
    init.chain(spec.containers.iter().map(|container| (false, container)))
}

fn split(image: &str) -> (&str, Option<&str>) {
    let image = image.split('@').next().unwrap_or_default();
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (image, None),
    }
}
