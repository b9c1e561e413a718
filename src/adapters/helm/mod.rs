//! Helm releases, by the helm program and Helm's own records.
