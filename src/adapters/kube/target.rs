//! One API server and how to log in to it, out of a kubeconfig context or of what EKS says.

use super::exec::Plugin;
use super::kubeconfig::Selected;
use super::proxy;
use crate::domain::Shown;
use crate::ports::{Answer, ClusterAccess, Trouble, TroubleKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use secrecy::SecretString;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// A named entry of a kubeconfig. Holds secrets, therefore no `Debug`.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) file: PathBuf,
    pub(super) body: Map<String, Value>,
    pub(super) twice: bool,
}

impl Entry {
    /// A field's text, `None` when it is absent or empty.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.body.get(key).and_then(scalar).filter(|text| !text.is_empty())
    }

    fn flag(&self, key: &str) -> bool {
        self.body.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A path field, relative to the file that names it, as kubectl takes it.
    fn path(&self, key: &str) -> Option<PathBuf> {
        self.text(key).map(|path| self.file.parent().unwrap_or(Path::new("")).join(path))
    }
}

/// A scalar as text: YAML takes an unquoted `123` or `true` for something else.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// How the bearer of a request is found.
#[derive(Clone)]
pub(crate) enum Login {
    /// None is sent (a client certificate may be).
    Nobody,
    /// An EKS token of lifeboat's own.
    Eks,
    /// A fixed token.
    Token(SecretString),
    /// A file that something else keeps fresh.
    File(PathBuf),
    /// A name and a password.
    Basic(String, SecretString),
    /// A program that prints credentials.
    Plugin(Plugin),
}

/// A client certificate and its key, both PEM.
#[derive(Clone)]
pub(crate) struct Certificate {
    pub(crate) chain: Vec<u8>,
    pub(crate) key: SecretString,
}

/// Where a server is and how it is logged in to. Holds secrets, therefore no `Debug`.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) access: ClusterAccess,
    pub(crate) url: Uri,
    /// PEM; `None`: the system's roots.
    pub(crate) ca: Option<Vec<u8>>,
    pub(crate) server_name: Option<String>,
    pub(crate) insecure: bool,
    /// The context's own proxy, which goes before the environment's.
    pub(crate) proxy: Option<String>,
    pub(crate) login: Login,
    pub(crate) certificate: Option<Certificate>,
    /// Whom to act as: user, groups.
    pub(crate) act_as: Option<(String, Vec<String>)>,
}

/// A name and a password.
pub(crate) struct Basic<'a> {
    pub(crate) name: &'a str,
    pub(crate) password: &'a SecretString,
}

impl Target {
    /// The name and password, where that is the login.
    pub(crate) fn basic(&self) -> Option<Basic<'_>> {
        if let Login::Basic(name, password) = &self.login { Some(Basic { name, password }) } else { None }
    }
}

/// What can be said of a context without opening further files.
pub(super) struct Found {
    pub(super) plugin: Vec<String>,
    pub(super) warnings: Vec<Shown>,
}

/// Checks what a context says and collects what should be known of it.
pub(super) fn inspect(selected: &Selected<'_>) -> Answer<Found> {
    let mut warnings = Vec::new();
    let cluster = selected.cluster;
    let url = parse_url(&cluster.text("server").unwrap_or_default())?;
    let login = selected.user.map_or(Ok(Login::Nobody), login)?;
    refuse_plain(&url, &login)?;
    if url.scheme_str() == Some("http") {
        warnings.push(Shown::new("its server is reached over http: nothing is encrypted"));
    }
    if cluster.flag("insecure-skip-tls-verify") {
        warnings.push(Shown::new("insecure-skip-tls-verify is set: anybody on the way can pose as the API server"));
    }
    if let Some(proxy) = cluster.text("proxy-url") {
        warnings.push(Shown::new(&format!("it is reached through the proxy {}", without_login(&proxy))));
    }
    if let Some(name) = cluster.text("tls-server-name") {
        warnings.push(Shown::new(&format!("its certificate is checked for the name {name}, not for its server's")));
    }
    let certificate = selected.user.is_some_and(|user| {
        user.text("client-certificate").is_some() || user.text("client-certificate-data").is_some()
    });
    if matches!(login, Login::Nobody) && !certificate {
        warnings.push(Shown::new("it has no credentials: the API server will see an anonymous caller"));
    }
    let plugin = if let Login::Plugin(plugin) = login { plugin.argv() } else { Vec::new() };
    Ok(Found { plugin, warnings })
}

/// A URL without the name and password that may stand in it.
fn without_login(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    format!("{scheme}://{}{path}", authority.rsplit('@').next().unwrap_or_default())
}

/// The target of a context; reads the certificate files that it names.
pub(super) fn of_context(access: &ClusterAccess, selected: &Selected<'_>) -> Answer<Target> {
    for warning in inspect(selected)?.warnings {
        tracing::warn!(context = %Shown::new(&access.context), "{warning}");
    }
    let cluster = selected.cluster;
    let server = cluster.text("server").unwrap_or_default();
    let insecure = cluster.flag("insecure-skip-tls-verify");
    let ca = load(cluster, "certificate-authority")?;
    let mut login = selected.user.map_or(Ok(Login::Nobody), login)?;
    if let Login::Plugin(plugin) = &mut login {
        plugin.cluster = serde_json::json!({
            "server": server,
            "tls-server-name": cluster.text("tls-server-name"),
            "insecure-skip-tls-verify": insecure,
            "certificate-authority-data": ca.as_ref().map(|pem| STANDARD.encode(pem)),
        });
    }
    Ok(Target {
        access: access.clone(),
        url: parse_url(&server)?,
        ca: if insecure { None } else { ca },
        server_name: cluster.text("tls-server-name"),
        insecure,
        proxy: cluster.text("proxy-url"),
        login,
        certificate: selected.user.map_or(Ok(None), certificate)?,
        act_as: selected.user.and_then(act_as),
    })
}

/// The target of an EKS cluster.
pub(super) fn of_eks(access: &ClusterAccess) -> Answer<Target> {
    if access.endpoint.is_empty() {
        return Err(Trouble::new(
            TroubleKind::NotFound,
            format!("the cluster '{}' has no API server endpoint yet", access.name),
        )
        .todo("wait until EKS says ACTIVE"));
    }
    let url = parse_url(&access.endpoint)?;
    refuse_plain(&url, &Login::Eks)?;
    let ca = if access.ca.is_empty() { None } else { Some(decode(&access.ca, "the cluster's certificate authority")?) };
    Ok(Target {
        access: access.clone(),
        url,
        ca,
        server_name: None,
        insecure: false,
        proxy: None,
        login: Login::Eks,
        certificate: None,
        act_as: None,
    })
}

fn parse_url(server: &str) -> Answer<Uri> {
    let wrong = |why: &str| {
        Trouble::new(TroubleKind::Invalid, format!("'{server}' is no API server address"))
            .why(why)
            .todo("it looks like https://HOST:PORT")
    };
    // kubectl takes a server without a scheme for http.
    let text = if server.contains("://") { server.to_owned() } else { format!("http://{server}") };
    let url: Uri = text.parse().map_err(|error: http::uri::InvalidUri| wrong(&error.to_string()))?;
    if !matches!(url.scheme_str(), Some("https" | "http")) {
        return Err(wrong("only https and http are spoken"));
    }
    if url.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(wrong("it must not hold a user or a password"));
    }
    Ok(url)
}

/// No credential leaves this machine in clear (security.md 6.4).
fn refuse_plain(url: &Uri, login: &Login) -> Answer<()> {
    let plain = url.scheme_str() == Some("http") && !proxy::is_loopback(&proxy::bare_host(url));
    if plain && !matches!(login, Login::Nobody) {
        return Err(Trouble::new(TroubleKind::Refused, "credentials are not sent over http")
            .why(format!("the server {url} is not this machine, and anybody on the way could read them"))
            .todo("use an https:// server"));
    }
    Ok(())
}

fn login(user: &Entry) -> Answer<Login> {
    if let Some(provider) = user.body.get("auth-provider").filter(|value| !value.is_null()) {
        let name = provider.get("name").and_then(scalar).unwrap_or_default();
        return Err(Trouble::new(
            TroubleKind::Refused,
            format!("the user '{}' has an auth-provider '{name}'", user.name),
        )
        .why("Kubernetes removed auth-provider from kubectl in 1.26")
        .todo("replace it by an exec plugin"));
    }
    // The order of client-go: a token file goes before a fixed token, and either before a plugin.
    if let Some(path) = user.path("tokenFile") {
        return Ok(Login::File(path));
    }
    if let Some(token) = user.text("token") {
        return Ok(Login::Token(token.into()));
    }
    if let (Some(name), Some(password)) = (user.text("username"), user.text("password")) {
        return Ok(Login::Basic(name, password.into()));
    }
    match user.body.get("exec").filter(|value| !value.is_null()) {
        Some(exec) => Plugin::new(exec, &user.file).map(Login::Plugin).ok_or_else(|| {
            Trouble::new(TroubleKind::Invalid, format!("the exec plugin of the user '{}' names no command", user.name))
                .todo(format!("correct it in {}", user.file.display()))
        }),
        None => Ok(Login::Nobody),
    }
}

fn certificate(user: &Entry) -> Answer<Option<Certificate>> {
    match (load(user, "client-certificate")?, load(user, "client-key")?) {
        (None, None) => Ok(None),
        (Some(chain), Some(key)) => {
            let key = String::from_utf8(key)
                .map_err(|_| broken(&format!("the client key of '{}'", user.name), "it is not PEM"))?;
            Ok(Some(Certificate { chain, key: key.into() }))
        }
        (Some(_), None) => {
            Err(broken(&format!("the user '{}'", user.name), "it has a client certificate without its key"))
        }
        (None, Some(_)) => {
            Err(broken(&format!("the user '{}'", user.name), "it has a client key without its certificate"))
        }
    }
}

/// The contents of `KEY-data` (base64), else of the file that `KEY` names.
fn load(entry: &Entry, key: &str) -> Answer<Option<Vec<u8>>> {
    if let Some(data) = entry.text(&format!("{key}-data")) {
        return decode(&data, &format!("{key}-data of '{}'", entry.name)).map(Some);
    }
    let Some(path) = entry.path(key) else { return Ok(None) };
    std::fs::read(&path).map(Some).map_err(|error| {
        broken(&format!("the {key} of '{}'", entry.name), &format!("{} cannot be read: {error}", path.display()))
    })
}

fn decode(data: &str, what: &str) -> Answer<Vec<u8>> {
    let packed: String = data.split_ascii_whitespace().collect();
    STANDARD.decode(packed).map_err(|error| broken(what, &format!("it is not base64 ({error})")))
}

fn broken(what: &str, why: &str) -> Trouble {
    Trouble::new(TroubleKind::Invalid, format!("{what} cannot be used")).why(why).todo("correct the kubeconfig")
}

fn act_as(user: &Entry) -> Option<(String, Vec<String>)> {
    let groups = user.body.get("as-groups").and_then(Value::as_array);
    let groups = groups.map(|groups| groups.iter().filter_map(scalar).collect()).unwrap_or_default();
    user.text("as").map(|name| (name, groups))
}
