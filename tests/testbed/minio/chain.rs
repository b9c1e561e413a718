//! The chain of `credentials.IAM`: web identity, then a container's credentials, then the instance's.

use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{Method, Request};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{Environment, element, http};

/// Credentials.
#[derive(Clone, Debug)]
pub struct Keys {
    pub access: String,
    pub secret: String,
    pub token: Option<String>,
}

/// What the environment leads to, asked anew each time.
pub async fn chain(environment: &Environment) -> Result<Keys, String> {
    let get = |name| environment.get(name);
    if let (Some(file), Some(role)) = (get("AWS_WEB_IDENTITY_TOKEN_FILE"), get("AWS_ROLE_ARN")) {
        return web_identity(environment, file, role).await;
    }
    let (uri, file) = (get("AWS_CONTAINER_CREDENTIALS_FULL_URI"), get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"));
    if let (Some(uri), Some(file)) = (uri, file) {
        return container(environment, uri, file).await;
    }
    // The test-bed's nodes have no role.
    let instance = "http://169.254.169.254/latest/meta-data/iam/security-credentials/";
    Err(format!("Get \"{instance}\": dial tcp 169.254.169.254:80: connect: connection refused"))
}

fn read(file: &str) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|_| format!("open {file}: no such file or directory"))
}

async fn web_identity(environment: &Environment, file: &str, role: &str) -> Result<Keys, String> {
    let token = read(file)?;
    let host = environment.get("AWS_REGION").map_or("sts.amazonaws.com".to_owned(), |region| {
        let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
        format!("sts.{region}.amazonaws.com{suffix}")
    });
    let session = jiff::Timestamp::now().as_nanosecond().to_string();
    let form = [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("DurationSeconds", "3600"),
        ("RoleArn", role),
        ("RoleSessionName", &session),
        ("Version", "2011-06-15"),
        ("WebIdentityToken", token.as_str()),
    ];
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let form: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("https://{host}/"))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Bytes::from(form.join("&")))
        .map_err(|problem| problem.to_string())?;
    let failed = |problem: String| format!("Post \"https://{host}\": {problem}");
    let answer = http::secure(environment.https_proxy(), request).await.map_err(failed)?;
    if answer.status != 200 {
        return Err(element(&answer.body, "Message").map_or_else(|| answer.line(), str::to_owned));
    }
    let word =
        |name| element(&answer.body, name).map(str::to_owned).ok_or(format!("no {name} in the answer of {host}"));
    Ok(Keys { access: word("AccessKeyId")?, secret: word("SecretAccessKey")?, token: Some(word("SessionToken")?) })
}

async fn container(environment: &Environment, uri: &str, file: &str) -> Result<Keys, String> {
    let token = read(file)?;
    if environment.agent_by_proxy() {
        // The proxy gets the token, and cannot reach an address of the node.
        return Err("502 Bad Gateway".to_owned());
    }
    let request = Request::builder().uri(uri).header(AUTHORIZATION, token).body(Bytes::new());
    let request = request.map_err(|_| "net/http: invalid header field value for \"Authorization\"".to_owned())?;
    let answer = http::plain(request).await?;
    if answer.status != 200 {
        return Err(answer.line());
    }
    let keys: Value = serde_json::from_str(&answer.body).map_err(|problem| problem.to_string())?;
    let word = |name: &str| keys[name].as_str().map(str::to_owned).ok_or(format!("no {name} in the agent's answer"));
    Ok(Keys { access: word("AccessKeyId")?, secret: word("SecretAccessKey")?, token: Some(word("Token")?) })
}
