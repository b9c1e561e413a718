//! Finds what `tests/peers/setup` built, and skips where it is missing.

use std::fmt;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

/// Why the real parts cannot be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing(pub String);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Missing {}

/// The built parts.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The cache folder.
    pub folder: PathBuf,
    /// This repository's `tests/peers`.
    pub peers: PathBuf,
}

impl Parts {
    /// The parts, when they are complete.
    pub fn find() -> Result<Self, Missing> {
        static FOUND: LazyLock<Result<Parts, Missing>> = LazyLock::new(look);
        FOUND.clone()
    }

    /// The folder of the programs: `etcd`, `kube-apiserver`, `kube-controller-manager`, `helm`, `velero`.
    pub fn bin(&self) -> PathBuf {
        self.folder.join("bin")
    }

    /// Velero's plugin folder.
    pub fn plugins(&self) -> PathBuf {
        self.folder.join("plugins")
    }

    /// The Python that has ministack.
    pub fn python(&self) -> PathBuf {
        self.folder.join("venv/bin/python")
    }

    /// Our own Velero chart.
    pub fn chart(&self) -> PathBuf {
        self.chart_of("velero")
    }

    /// One of our own charts: `velero`, `rancher-backup-crd`, `rancher-backup`, `spaces`.
    pub fn chart_of(&self, name: &str) -> PathBuf {
        self.peers.join("chart").join(name)
    }
}

fn look() -> Result<Parts, Missing> {
    let peers = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/peers");
    let output = Command::new(peers.join("setup"))
        .arg("--path")
        .output()
        .map_err(|problem| Missing(format!("tests/peers/setup does not run: {problem}")))?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if !output.status.success() || folder.as_os_str().is_empty() {
        return Err(Missing(format!("tests/peers/setup --path: {}", String::from_utf8_lossy(&output.stderr).trim())));
    }
    if !folder.join("complete").is_file() {
        return Err(Missing("the real parts are not built: run tests/peers/setup".to_owned()));
    }
    Ok(Parts { folder, peers })
}

/// Whether a missing part is a failure: `LIFEBOAT_PEERS=required`.
pub fn required() -> bool {
    std::env::var_os("LIFEBOAT_PEERS").is_some_and(|value| value == "required")
}

/// Says that this test did not run, and why; fails where the parts are required.
///
/// The line is counted by whoever names a file in `LIFEBOAT_SKIPS`.
pub fn skip(reason: impl fmt::Display) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    assert!(!required(), "{test}: {reason} (LIFEBOAT_PEERS=required)");
    let line = format!("skipped: {test} {reason}");
    eprintln!("{line}");
    if let Some(path) = std::env::var_os("LIFEBOAT_SKIPS").filter(|path| !path.is_empty()) {
        let written = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
        if let Err(problem) = written {
            panic!("{}: {problem}", path.to_string_lossy());
        }
    }
}
