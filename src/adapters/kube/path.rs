//! Where objects live under an API server's root.

use crate::ports::{Answer, Kind, Trouble, TroubleKind};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a path segment or a query value (RFC 3986, unreserved).
const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as one path segment or query value.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, &KEPT).to_string()
}

/// `/api/v1` or `/apis/GROUP/VERSION`.
pub(super) fn group_version(kind: Kind) -> String {
    let (group, version, ..) = kind.address();
    if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") }
}

/// The path of all objects of a kind, in a namespace when one is given.
pub(super) fn collection(kind: Kind, namespace: &str) -> Answer<String> {
    let (_, _, _, plural, namespaced) = kind.address();
    let root = group_version(kind);
    if !namespaced || namespace.is_empty() {
        return Ok(format!("{root}/{plural}"));
    }
    Ok(format!("{root}/namespaces/{}/{plural}", segment(namespace)?))
}

/// The path of one object.
pub(super) fn object(kind: Kind, namespace: &str, name: &str) -> Answer<String> {
    if kind.address().4 && namespace.is_empty() {
        return Err(Trouble::new(TroubleKind::Invalid, format!("{} {name} needs a namespace", kind.name())));
    }
    Ok(format!("{}/{}", collection(kind, namespace)?, segment(name)?))
}

/// A name as a path segment. Kubernetes itself refuses the names refused here (path segment names): an empty
/// one would turn one object's path into that of all.
fn segment(name: &str) -> Answer<String> {
    if name.is_empty() || name == "." || name == ".." || name.contains(['/', '%']) {
        return Err(Trouble::new(TroubleKind::Invalid, format!("'{name}' cannot be the name of a Kubernetes object")));
    }
    Ok(encoded(name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn paths_follow_group_and_scope() {
        assert_eq!(object(Kind::Secret, "ns", "a").unwrap(), "/api/v1/namespaces/ns/secrets/a");
        assert_eq!(object(Kind::Namespace, "", "a").unwrap(), "/api/v1/namespaces/a");
        assert_eq!(object(Kind::Node, "ignored", "a").unwrap(), "/api/v1/nodes/a");
        assert_eq!(object(Kind::Backup, "velero", "b").unwrap(), "/apis/velero.io/v1/namespaces/velero/backups/b");
        assert_eq!(collection(Kind::Pod, "").unwrap(), "/api/v1/pods");
    }

    #[test]
    fn names_that_would_change_the_path_are_refused_or_encoded() {
        for name in ["", ".", "..", "a/b", "a%2fb"] {
            assert_eq!(object(Kind::Secret, "ns", name).unwrap_err().kind, TroubleKind::Invalid, "{name}");
        }
        assert_eq!(object(Kind::Secret, "ns", "a?b#c d").unwrap(), "/api/v1/namespaces/ns/secrets/a%3Fb%23c%20d");
        assert_eq!(object(Kind::Secret, "", "a").unwrap_err().kind, TroubleKind::Invalid);
    }
}
