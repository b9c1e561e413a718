//! S3 as minio-go asks for it: virtual hosts, dual-stack names, no checksums, unsigned payloads.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4::SigningParams;
use hyper::Request;
use hyper::body::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::chain::Keys;
use super::http::{Answer, secure};
use super::{Environment, element, elements};

/// What stays as it is in a path.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// What stays as it is in a query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Where a bucket is.
#[derive(Clone, Debug)]
pub struct Place {
    pub bucket: String,
    /// A host, without `https://`.
    pub endpoint: String,
    /// Empty: found out.
    pub region: String,
}

impl Place {
    /// The region of the endpoint's name, or the one that is set.
    fn known_region(&self) -> Option<String> {
        if !self.region.is_empty() {
            return Some(self.region.clone());
        }
        let inside = self.endpoint.strip_prefix("s3.")?.strip_suffix(".amazonaws.com")?;
        (!inside.contains('.')).then(|| inside.to_owned())
    }

    /// The host that is contacted: AWS's own endpoints become dual-stack names of the region.
    fn host(&self, region: &str) -> Result<String, String> {
        if self.endpoint.contains('/') {
            return Err("Endpoint url cannot have fully qualified paths.".to_owned());
        }
        if self.endpoint.is_empty() {
            return Err("Endpoint:  does not follow ip address or domain name standards.".to_owned());
        }
        let own = self.endpoint.starts_with("s3.") && self.endpoint.ends_with(".amazonaws.com");
        let name = if own { format!("s3.dualstack.{region}.amazonaws.com") } else { self.endpoint.clone() };
        Ok(format!("{}.{name}", self.bucket))
    }
}

/// A bucket, with the credentials that its client was made with.
pub struct Bucket {
    environment: Environment,
    keys: Keys,
    host: String,
    region: String,
    agent: String,
}

impl Bucket {
    /// A client; asks for the region where nothing says it. `agent` is the user agent's last word.
    pub async fn new(environment: &Environment, keys: Keys, place: &Place, agent: &str) -> Result<Self, String> {
        let region = place.known_region();
        let agent = format!("MinIO (linux; amd64) minio-go/v7.0.87 {agent}");
        let first = region.clone().unwrap_or_else(|| "us-east-1".to_owned());
        let mut bucket =
            Self { environment: environment.clone(), keys, host: place.host(&first)?, region: first, agent };
        if region.is_none() {
            let answer = bucket.send("GET", "", &[("location", "")], Bytes::new()).await?;
            let found = element(&answer.body, "LocationConstraint").filter(|it| !it.is_empty() && answer.status == 200);
            found.unwrap_or("us-east-1").clone_into(&mut bucket.region);
            bucket.host = place.host(&bucket.region)?;
        }
        Ok(bucket)
    }

    /// `BucketExists`: HEAD, whose refusals have no body.
    pub async fn exists(&self) -> Result<bool, String> {
        let answer = self.send("HEAD", "", &[], Bytes::new()).await?;
        match answer.status {
            200 => Ok(true),
            404 => Ok(false),
            403 => Err("Access Denied.".to_owned()),
            _ => Err(answer.line()),
        }
    }

    /// Up to 16 MiB in one PUT, more in parts of that size.
    pub async fn put(&self, key: &str, body: Bytes) -> Result<(), String> {
        if body.len() > super::multipart::PART {
            return self.put_in_parts(key, &body).await;
        }
        Self::good(self.send("PUT", key, &[], body).await?).map(drop)
    }

    /// The keys under a prefix with their times, by pages. `delimiter` is sent empty too.
    pub async fn list(&self, prefix: &str, delimiter: &str) -> Result<Vec<(String, String)>, String> {
        let mut found = Vec::new();
        let mut more: Option<String> = None;
        loop {
            let mut query =
                vec![("delimiter", delimiter), ("fetch-owner", "true"), ("list-type", "2"), ("prefix", prefix)];
            if let Some(token) = &more {
                query.insert(0, ("continuation-token", token));
            }
            let answer = Self::good(self.send("GET", "", &query, Bytes::new()).await?)?;
            for entry in elements(&answer.body, "Contents") {
                let word = |name| element(entry, name).unwrap_or_default().to_owned();
                found.push((word("Key"), word("LastModified")));
            }
            more = element(&answer.body, "NextContinuationToken").map(str::to_owned);
            if more.is_none() {
                return Ok(found);
            }
        }
    }

    /// `StatObject`.
    pub async fn stat(&self, key: &str) -> Result<(), String> {
        let answer = self.send("HEAD", key, &[], Bytes::new()).await?;
        match answer.status {
            200 => Ok(()),
            403 => Err("Access Denied.".to_owned()),
            404 => Err("The specified key does not exist.".to_owned()),
            _ => Err(answer.line()),
        }
    }

    /// One object; no version is named.
    pub async fn delete(&self, key: &str) -> Result<(), String> {
        Self::good(self.send("DELETE", key, &[], Bytes::new()).await?).map(drop)
    }

    /// An error's message is what AWS says, or else its code.
    pub(super) fn good(answer: Answer) -> Result<Answer, String> {
        if answer.status < 300 {
            return Ok(answer);
        }
        let message = element(&answer.body, "Message").filter(|text| !text.is_empty());
        let code = element(&answer.body, "Code").map(|code| format!("Error response code {code}."));
        Err(message.map(str::to_owned).or(code).unwrap_or_else(|| answer.line()))
    }

    pub(super) async fn send(
        &self,
        method: &str,
        key: &str,
        query: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Answer, String> {
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, QUERY))).collect();
        let path = utf8_percent_encode(key, PATH);
        let question = if query.is_empty() { "" } else { "?" };
        let url = format!("https://{}/{path}{question}{}", self.host, query.join("&"));
        let token = self.keys.token.clone();
        let identity = Credentials::new(&self.keys.access, &self.keys.secret, token, None, "minio").into();
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let params = SigningParams::builder().identity(&identity).region(&self.region).name("s3");
        let params = params.time(SystemTime::now()).settings(settings).build().map_err(|it| it.to_string())?.into();
        let signable = SignableRequest::new(method, &url, std::iter::empty(), SignableBody::UnsignedPayload);
        let signed = sign(signable.map_err(|it| it.to_string())?, &params).map_err(|it| it.to_string())?;
        let mut request = Request::builder().method(method).uri(&url).header("user-agent", &self.agent);
        request = request.header("host", &self.host);
        let mut request = request.body(body).map_err(|problem| problem.to_string())?;
        signed.into_parts().0.apply_to_request_http1x(&mut request);
        let verb = method.chars().take(1).chain(method.to_lowercase().chars().skip(1)).collect::<String>();
        let sent = secure(self.environment.https_proxy(), request).await;
        sent.map_err(|problem| format!("{verb} \"{url}\": {problem}"))
    }
}
