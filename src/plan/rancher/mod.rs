//! Rancher Backup: its values and objects.

use super::Draft;
use super::scope::{Scope, problem};

/// Plans what Rancher Backup needs in one cluster, after its role.
pub fn plan(_scope: &Scope<'_>, draft: &mut Draft) {
    draft.problems.0.push(problem("tool", "Rancher Backup cannot be set up yet", "", ""));
}

/// Whether a feature of the permissions' asset is chosen.
pub fn has_feature(_scope: &Scope<'_>, _feature: &str) -> bool {
    false
}
