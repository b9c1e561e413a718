//! Where lifeboat keeps its state (XDG), and the demo's apart from it.

use std::path::PathBuf;

/// `$XDG_STATE_HOME/lifeboat`, or the platform's place for it in `$HOME`; `None` without either (E18).
pub fn state() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if let Some(set) = absolute("XDG_STATE_HOME") {
        return Some(set.join("lifeboat"));
    }
    // Without HOME the library would ask the system's list of users: a container's journal would end up in a
    // place that nobody knows.
    absolute("HOME")?;
    let dirs = directories::BaseDirs::new()?;
    let base = dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir());
    Some(base.join("lifeboat"))
}

/// The folder of a demo world.
pub fn demo(world: &str) -> Option<PathBuf> {
    Some(state()?.join("demo").join(world))
}

/// The folder of the journals.
pub fn runs(demo_world: Option<&str>) -> Option<PathBuf> {
    match demo_world {
        Some(world) => Some(demo(world)?.join("runs")),
        None => Some(state()?.join("runs")),
    }
}
