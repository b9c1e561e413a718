//! Credential plugins of a kubeconfig: run only with consent, with a time limit and without a terminal.
//!
//! <https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins>

use super::target::{Certificate, scalar};
use super::yaml;
use crate::domain::Shown;
use crate::domain::text::quoted;
use crate::ports::{Answer, Trouble, TroubleKind};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

/// How long a plugin may take (security.md E04).
const LIMIT: Duration = Duration::from_secs(30);

/// A plugin as a kubeconfig describes it. Its environment may hold secrets, therefore no `Debug`.
#[derive(Clone)]
pub(crate) struct Plugin {
    /// As it stands in the file: this is what consent is given to.
    command: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    api: String,
    hint: String,
    always_asks: bool,
    wants_cluster: bool,
    file: PathBuf,
    pub(super) cluster: Value,
}

/// What a plugin printed.
pub(super) struct Printed {
    pub(super) token: Option<SecretString>,
    pub(super) certificate: Option<Certificate>,
    pub(super) expires: Option<Timestamp>,
}

impl Plugin {
    pub(super) fn new(exec: &Value, file: &Path) -> Option<Self> {
        let text = |key: &str| exec.get(key).and_then(scalar).unwrap_or_default();
        let list = |key: &str| exec.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let command = Some(text("command")).filter(|command| !command.is_empty())?;
        let env = list("env")
            .iter()
            .filter_map(|pair| Some((scalar(pair.get("name")?)?, scalar(pair.get("value")?)?)))
            .collect();
        Some(Self {
            command,
            args: list("args").iter().filter_map(scalar).collect(),
            env,
            api: text("apiVersion"),
            hint: text("installHint"),
            always_asks: text("interactiveMode") == "Always",
            wants_cluster: exec.get("provideClusterInfo").and_then(Value::as_bool).unwrap_or(false),
            file: file.to_owned(),
            cluster: Value::Null,
        })
    }

    /// The command with its arguments.
    pub(super) fn argv(&self) -> Vec<String> {
        std::iter::once(self.command.clone()).chain(self.args.iter().cloned()).collect()
    }

    fn trouble(&self, kind: TroubleKind, what: impl AsRef<str>) -> Trouble {
        Trouble::new(kind, what).at("exec plugin", Shown::bounded(&self.command, 200).to_string())
    }

    /// Whether it may be run: by consent, out of a file that only this user writes, and without questions.
    pub(super) fn check(&self, allowed: &[String]) -> Answer<()> {
        let argv = self.argv().iter().map(|arg| quoted(arg)).collect::<Vec<_>>().join(" ");
        if !allowed.contains(&self.command) {
            return Err(self
                .trouble(TroubleKind::Refused, format!("the kubeconfig wants to run: {argv}"))
                .why("a kubeconfig's program runs only with your consent")
                .consent(&self.command)
                .todo(format!(
                    "add {} to consent.exec_plugins, or leave the context empty to reach the EKS cluster without it",
                    Value::from(self.command.as_str())
                )));
        }
        if self.always_asks {
            return Err(self
                .trouble(TroubleKind::Refused, format!("the credential plugin wants to ask questions: {argv}"))
                .why("its interactiveMode is Always, and lifeboat gives plugins no terminal"));
        }
        if let Some(why) = others_write(&self.file) {
            return Err(self
                .trouble(
                    TroubleKind::Refused,
                    format!("the program of a kubeconfig that others can change is not run: {argv}"),
                )
                .why(why)
                .todo(format!("chmod go-w {}", quoted(&self.file.display().to_string()))));
        }
        Ok(())
    }

    /// Runs it.
    pub(super) async fn run(&self, allowed: &[String]) -> Answer<Printed> {
        self.check(allowed)?;
        let mut command = tokio::process::Command::new(self.program());
        command
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .env("KUBERNETES_EXEC_INFO", self.info())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let output = match tokio::time::timeout(LIMIT, command.output()).await {
            Err(_) => {
                return Err(self
                    .trouble(TroubleKind::Credentials, "the credential plugin did not end within 30 s and was stopped")
                    .why("it may wait for an answer or for the network")
                    .todo(format!("run it yourself once: {}", quoted(&self.command))));
            }
            Ok(Err(error)) => return Err(self.not_started(&error)),
            Ok(Ok(output)) => output,
        };
        self.parse(&output)
    }

    /// A command with a separator is relative to its kubeconfig, as client-go takes it.
    fn program(&self) -> PathBuf {
        if self.command.contains('/') {
            self.file.parent().unwrap_or(Path::new("")).join(&self.command)
        } else {
            PathBuf::from(&self.command)
        }
    }

    fn info(&self) -> String {
        let mut spec = json!({"interactive": false});
        if let (true, Some(spec)) = (self.wants_cluster, spec.as_object_mut()) {
            spec.insert("cluster".to_owned(), self.cluster.clone());
        }
        json!({"apiVersion": self.api, "kind": "ExecCredential", "spec": spec}).to_string()
    }

    fn not_started(&self, error: &std::io::Error) -> Trouble {
        let hint = if self.hint.is_empty() { "install it, or leave the context empty" } else { self.hint.as_str() };
        self.trouble(TroubleKind::Missing, format!("the credential plugin '{}' cannot be started", self.command))
            .why(error.to_string())
            .todo(hint)
    }

    fn parse(&self, output: &Output) -> Answer<Printed> {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = Shown::bounded(said.trim(), 1000);
        if !output.status.success() {
            return Err(self
                .trouble(TroubleKind::Credentials, format!("the credential plugin failed ({})", output.status))
                .why(said.as_str())
                .todo(&self.hint));
        }
        let unreadable =
            |why: &str| self.trouble(TroubleKind::Credentials, "the credential plugin printed no credentials").why(why);
        // Plugins may print YAML; the parser takes both and is bounded.
        let printed = if output.stdout.len() > 1 << 20 {
            Err("it printed more than 1 MiB".to_owned())
        } else {
            yaml::parse(&output.stdout)
        };
        let printed = printed.map_err(|why| unreadable(&why))?;
        let status = printed.get("status").filter(|status| status.is_object());
        let status = status.ok_or_else(|| unreadable("its answer has no status"))?;
        let text = |key: &str| status.get(key).and_then(scalar).filter(|text| !text.is_empty());
        let expires = match text("expirationTimestamp") {
            None => None,
            Some(at) => Some(at.parse().map_err(|_| unreadable("its expirationTimestamp is no time"))?),
        };
        if expires.is_some_and(|at: Timestamp| at <= Timestamp::now()) {
            return Err(self
                .trouble(TroubleKind::Credentials, "the credential plugin printed credentials that have expired")
                .todo("sign in anew with the tool that it belongs to"));
        }
        let certificate = match (text("clientCertificateData"), text("clientKeyData")) {
            (Some(chain), Some(key)) => Some(Certificate { chain: chain.into_bytes(), key: key.into() }),
            _ => None,
        };
        let token = text("token").map(SecretString::from);
        if token.is_none() && certificate.is_none() {
            return Err(unreadable("its status has neither a token nor a certificate with its key"));
        }
        Ok(Printed { token, certificate, expires })
    }
}

/// Why a file's contents may not be this user's own, if so (security.md 6.4).
fn others_write(file: &Path) -> Option<String> {
    let meta = std::fs::metadata(file).ok()?;
    let me = rustix::process::geteuid().as_raw();
    if meta.uid() != me && meta.uid() != 0 {
        return Some(format!("{} belongs to another user ({})", file.display(), meta.uid()));
    }
    (meta.mode() & 0o022 != 0).then(|| format!("{} may be written by group or others", file.display()))
}

#[cfg(test)]
#[path = "exec_tests.rs"]
mod tests;
