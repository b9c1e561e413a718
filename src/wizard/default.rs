//! What holds while nothing is typed, where it depends on other answers.

use super::draft::Draft;
use super::field::Field;
use crate::domain::{ClusterName, Prefix, Region, RoleName, Tool};

/// The value that a field has while nothing is typed; empty when there is none.
pub fn default_of(field: &Field, draft: &Draft) -> String {
    if !field.default.is_empty() {
        return field.default.clone();
    }
    let tool = Tool::parse(&draft.value("tool")).unwrap_or(Tool::Velero);
    let parts = || {
        let region = Region::parse(draft.text("cluster.region")).ok()?;
        let name = ClusterName::parse(draft.text("cluster.name")).ok()?;
        Some((region, name))
    };
    match super::restore::place(&field.path) {
        Some((_, key @ ("namespace" | "service_account"))) => return draft.value(&format!("install.{key}")),
        Some(_) => return String::new(),
        None => {}
    }
    match field.path.as_str() {
        "bucket.prefix" => parts().map(|(region, name)| Prefix::default_for(tool, &region, &name).to_string()),
        "role.name" => parts().map(|(region, name)| RoleName::default_for(tool, &region, &name).to_string()),
        "bucket.region" => Some(draft.text("cluster.region").to_owned()),
        "role.path" => Some("/".to_owned()),
        "encryption.alias" => {
            let bucket = draft.text("bucket.name");
            (!bucket.is_empty()).then(|| format!("alias/lifeboat-{bucket}"))
        }
        "install.namespace" => Some(crate::plan::answers::default_namespace(tool).to_string()),
        "install.service_account" => Some(crate::plan::answers::default_service_account(tool).to_string()),
        "install.release" => Some(crate::plan::answers::default_release(tool).to_string()),
        _ => None,
    }
    .unwrap_or_default()
}
