//! Upbound Spaces: its values and objects.

use super::Draft;
use super::scope::{Scope, problem};

/// Plans what Upbound Spaces needs in one cluster, after its role.
pub fn plan(_scope: &Scope<'_>, draft: &mut Draft) {
    draft.problems.0.push(problem("tool", "Upbound Spaces cannot be set up yet", "", ""));
}

/// Whether a feature of the permissions' asset is chosen.
pub fn has_feature(_scope: &Scope<'_>, _feature: &str) -> bool {
    false
}
