//! TLS with a CA of the company's own, and proxies (security.md 7.2 E16).

use crate::server::{Request, serve, xml};
use lifeboat::adapters::aws::{Account, AwsOptions};
use lifeboat::ports::{Aws, TroubleKind};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

const CALLER: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/ada</Arn>\
    <UserId>A</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";

/// An HTTPS server for `host`; its port, and its CA in PEM.
async fn https(host: &str) -> (u16, String) {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![host.to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(stream, &|_: &Request| xml(200, CALLER), &Mutex::new(Vec::new())).await;
                }
            });
        }
    });
    (port, ca.pem())
}

fn options(url: String) -> AwsOptions {
    let env = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "made-up")];
    AwsOptions {
        endpoint_url: Some(url),
        env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        initial_backoff: Some(Duration::from_millis(1)),
        ..AwsOptions::default()
    }
}

#[tokio::test]
async fn e16_an_unknown_ca_is_told_and_the_ca_bundle_makes_it_known() {
    let (port, ca) = https("localhost").await;
    let mut options = options(format!("https://localhost:{port}"));
    let trouble = Account::new(options.clone()).caller().await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Network, "{trouble}");
    assert!(trouble.todo.as_str().contains("AWS_CA_BUNDLE"), "{trouble}");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), ca).unwrap();
    options.env.insert("AWS_CA_BUNDLE".into(), file.path().display().to_string());
    assert_eq!(Account::new(options).caller().await.unwrap().account, "111122223333");
}

#[tokio::test]
async fn e16_a_ca_bundle_that_is_none_is_told_and_not_a_panic() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let rubbish = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for text in ["", "rubbish", rubbish, "-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n"] {
        std::fs::write(file.path(), text).unwrap();
        let mut options = options("https://localhost:1".into());
        options.env.insert("AWS_CA_BUNDLE".into(), file.path().display().to_string());
        let trouble = Account::new(options).caller().await.unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::Missing, "{text}: {trouble}");
    }
}

/// A CONNECT proxy that leads every host to one port.
async fn proxy(target: u16) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut inward, _)) = listener.accept().await {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = inward.read_u8().await else { return };
                    head.push(byte);
                }
                let head = String::from_utf8_lossy(&head);
                log.lock().unwrap().push(head.lines().next().unwrap_or_default().to_owned());
                let Ok(mut outward) = TcpStream::connect(("127.0.0.1", target)).await else { return };
                let _ = inward.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                let _ = tokio::io::copy_bidirectional(&mut inward, &mut outward).await;
            });
        }
    });
    (port, asked)
}

#[tokio::test]
async fn e16_calls_go_through_the_proxy_to_the_unchanged_host() {
    let (port, ca) = https("sts.us-east-1.amazonaws.com").await;
    let (through, asked) = proxy(port).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), ca).unwrap();
    let mut options = options(String::new());
    options.endpoint_url = None;
    options.env.insert("AWS_CA_BUNDLE".into(), file.path().display().to_string());
    options.env.insert("HTTPS_PROXY".into(), format!("http://ada:made-up@127.0.0.1:{through}"));
    options.env.insert("NO_PROXY".into(), "localhost".into());
    assert_eq!(Account::new(options.clone()).caller().await.unwrap().account, "111122223333");
    assert_eq!(asked.lock().unwrap().first().unwrap(), "CONNECT sts.us-east-1.amazonaws.com:443 HTTP/1.1");
    options.env.insert("HTTPS_PROXY".into(), "http://ada:made-up@127.0.0.1:1".into());
    let trouble = Account::new(options).caller().await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Network, "{trouble}");
    let said = trouble.to_string();
    assert!(said.contains("127.0.0.1:1") && said.contains("HTTPS_PROXY") && !said.contains("made-up"), "{said}");
}
