//! The kubeconfig that helm gets: one cluster, one user, no program to run.

use crate::adapters::kube::{Basic, Credentials, EksClusters, Target};
use crate::ports::{Answer, ClusterAccess, Trouble, TroubleKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use std::fs::{OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// How often the token file is looked after while helm runs. Tokens are replaced two minutes before they end,
/// and helm's client reads the file every minute.
const LOOK: Duration = Duration::from_secs(20);

/// How helm is to log in.
pub(super) struct Login {
    target: Target,
    credentials: Credentials,
}

/// The files of one run; removed with it.
pub(super) struct Files {
    folder: TempDir,
    login: Login,
    written: Option<SecretString>,
}

impl Login {
    /// Finds out how the cluster is reached; runs an allowed plugin.
    pub(super) async fn prepare(clusters: &EksClusters, access: &ClusterAccess) -> Answer<Self> {
        let (target, credentials, _) = clusters.resolve(access).await?;
        Ok(Self { target, credentials })
    }

    /// Writes the files, each readable by this user alone.
    pub(super) async fn write(self, values: &str) -> Answer<Files> {
        let folder = tempfile::Builder::new()
            .prefix("lifeboat-helm-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()
            .map_err(|error| not_written(&error))?;
        let mut files = Files { folder, login: self, written: None };
        files.refresh().await?;
        let kubeconfig = kubeconfig(&files.login.target, files.written.as_ref().map(|_| files.token_path()));
        create(&files.kubeconfig(), kubeconfig.to_string().as_bytes()).map_err(|error| not_written(&error))?;
        create(&files.values(), values.as_bytes()).map_err(|error| not_written(&error))?;
        Ok(files)
    }
}

impl Files {
    /// The kubeconfig's path.
    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// The values' path.
    pub(super) fn values(&self) -> PathBuf {
        self.folder.path().join("values.yaml")
    }

    fn token_path(&self) -> PathBuf {
        self.folder.path().join("token")
    }

    /// Keeps the token file fresh for as long as it is polled.
    pub(super) async fn keep_fresh(&mut self) -> ! {
        loop {
            tokio::time::sleep(LOOK).await;
            if let Err(trouble) = self.refresh().await {
                // The token in the file may still last until helm is done.
                tracing::warn!("helm's token could not be renewed: {trouble}");
            }
        }
    }

    async fn refresh(&mut self) -> Answer<()> {
        let Some(token) = self.login.credentials.token(None).await? else { return Ok(()) };
        if self.written.as_ref().is_some_and(|written| written.expose_secret() == token.expose_secret()) {
            return Ok(());
        }
        // Beside and renamed, so that helm never reads half a token.
        let fresh = self.folder.path().join("token.new");
        create(&fresh, token.expose_secret().as_bytes()).map_err(|error| not_written(&error))?;
        std::fs::rename(&fresh, self.token_path()).map_err(|error| not_written(&error))?;
        self.written = Some(token);
        Ok(())
    }
}

fn not_written(error: &std::io::Error) -> Trouble {
    Trouble::new(TroubleKind::Missing, "the files for helm cannot be written")
        .why(error.to_string())
        .todo("make room in the folder for temporary files, or set TMPDIR")
}

fn create(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}

/// A kubeconfig of one context. JSON is YAML.
fn kubeconfig(target: &Target, token: Option<PathBuf>) -> Value {
    let mut cluster = Map::new();
    cluster.insert("server".into(), target.url.to_string().trim_end_matches('/').into());
    if let Some(pem) = &target.ca {
        cluster.insert("certificate-authority-data".into(), STANDARD.encode(pem).into());
    }
    if target.insecure {
        cluster.insert("insecure-skip-tls-verify".into(), true.into());
    }
    if let Some(name) = &target.server_name {
        cluster.insert("tls-server-name".into(), name.as_str().into());
    }
    if let Some(proxy) = &target.proxy {
        cluster.insert("proxy-url".into(), proxy.as_str().into());
    }
    let mut user = Map::new();
    if let Some(token) = token {
        user.insert("tokenFile".into(), token.to_string_lossy().into());
    }
    if let Some(Basic { name, password }) = target.basic() {
        user.insert("username".into(), name.into());
        user.insert("password".into(), password.expose_secret().into());
    }
    if let Some(certificate) = &target.certificate {
        user.insert("client-certificate-data".into(), STANDARD.encode(&certificate.chain).into());
        user.insert("client-key-data".into(), STANDARD.encode(certificate.key.expose_secret()).into());
    }
    if let Some((name, groups)) = &target.act_as {
        user.insert("as".into(), name.as_str().into());
        user.insert("as-groups".into(), groups.clone().into());
    }
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lifeboat",
        "clusters": [{"name": "lifeboat", "cluster": cluster}],
        "contexts": [{"name": "lifeboat", "context": {"cluster": "lifeboat", "user": "lifeboat"}}],
        "users": [{"name": "lifeboat", "user": user}],
    })
}
