//! What a resource set selects of a cluster; kinds that are not served are passed over.

use crate::demo::kube::store::meta;
use crate::demo::state::Cluster;
use crate::ports::{Kind, Object};
use serde_json::Value;

/// The objects that a set selects.
pub(super) fn of(cluster: &Cluster, set: &Object) -> Vec<Object> {
    let mut out: Vec<Object> = Vec::new();
    for selector in set["resourceSelectors"].as_array().into_iter().flatten() {
        for kind in Kind::ALL.into_iter().filter(|kind| kind.api_version() == selector["apiVersion"]) {
            let chosen = |object: &&Object| selects(selector, kind, object);
            out.extend(cluster.store.list(kind, "").filter(chosen).cloned());
        }
    }
    out
}

fn selects(selector: &Value, kind: Kind, object: &Object) -> bool {
    let plural = kind.address().3;
    let listed =
        |field: &str, word: &str| selector[field].as_array().is_some_and(|all| all.iter().any(|it| it == word));
    let (namespace, name) = (meta(object, "namespace"), meta(object, "name"));
    let of_kind = fits(&selector["kindsRegexp"], plural) || listed("kinds", kind.name());
    let inside = (selector["namespaceRegexp"].is_null() && selector["namespaces"].is_null())
        || fits(&selector["namespaceRegexp"], namespace)
        || listed("namespaces", namespace);
    let named = (selector["resourceNameRegexp"].is_null() && selector["resourceNames"].is_null())
        || fits(&selector["resourceNameRegexp"], name)
        || listed("resourceNames", name);
    of_kind && inside && named && !listed("excludeKinds", plural)
}

/// The forms of expression that the chart's own sets are written in here: `.`, `^whole$` and `^start`, with `|`.
fn fits(expression: &Value, text: &str) -> bool {
    let one = |part: &str| match part.strip_prefix('^') {
        Some(rest) => rest.strip_suffix('$').map_or_else(|| text.starts_with(rest), |whole| text == whole),
        None => part == "." || text.contains(part),
    };
    expression.as_str().is_some_and(|all| all.split('|').any(one))
}
