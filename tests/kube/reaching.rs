//! Reaching an API server: tokens, proxies, connections that fail.

use crate::account::Tokens;
use crate::canned::{Api, Canned};
use crate::{access, client, connected};
use jiff::SignedDuration;
use lifeboat::adapters::kube::{EksClusters, KubeOptions, Proxies};
use lifeboat::ports::{Clusters, Kind, TroubleKind};
use pretty_assertions::assert_eq;
use serde_json::json;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn nothing_is_sent_before_the_first_call() {
    let (api, _kube) = connected(vec![Canned::new(200, "{}")]).await;
    assert!(api.asked().is_empty());
}

#[tokio::test]
async fn a25_a_401_makes_one_new_token_and_repeats_once() {
    let (api, kube) = connected(vec![
        Canned::status(401, "Unauthorized", "Unauthorized"),
        Canned::new(200, json!({"gitVersion": "v1.34.4"})),
    ])
    .await;
    assert_eq!(kube.version().await.unwrap(), "v1.34.4");
    let tokens: Vec<_> = api.asked().into_iter().map(|asked| asked.token).collect();
    assert_eq!(tokens, ["token-1", "token-2"]);
}

#[tokio::test]
async fn a25_a_second_401_names_the_access_entry_to_create() {
    let (api, kube) = connected(vec![Canned::status(401, "Unauthorized", "Unauthorized")]).await;
    let trouble = kube.version().await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Credentials);
    assert!(
        trouble.todo.as_str().contains("aws eks create-access-entry --cluster-name prod --region us-east-1"),
        "{trouble}"
    );
    assert!(!format!("{trouble:?}").contains("token-2"));
    assert_eq!(api.asked().len(), 2);
}

#[tokio::test]
async fn a25_a_token_is_kept_until_two_minutes_before_its_end() {
    for (life, expected) in [(SignedDuration::from_secs(119), "token-2"), (SignedDuration::from_secs(600), "token-1")] {
        let api = Api::start(vec![Canned::new(200, json!({"gitVersion": "v1"}))]).await;
        let clusters = EksClusters::new(Arc::new(Tokens { life, ..Tokens::new() }), KubeOptions::default());
        let kube = clusters.connect(&access(&api.url)).await.unwrap();
        kube.version().await.unwrap();
        kube.version().await.unwrap();
        assert_eq!(api.asked()[1].token, expected);
    }
}

#[tokio::test]
async fn a_client_is_made_once_and_shared() {
    let clusters = EksClusters::new(Arc::new(Tokens::new()), KubeOptions::default());
    let (a, b) = (access("http://127.0.0.1:1"), access("http://127.0.0.1:2"));
    let first = clusters.connect(&a).await.unwrap();
    assert!(Arc::ptr_eq(&first, &clusters.connect(&a).await.unwrap()));
    assert!(!Arc::ptr_eq(&first, &clusters.connect(&b).await.unwrap()));
}

#[tokio::test]
async fn a_refused_connection_is_network_and_speaks_of_private_endpoints() {
    let kube = client("http://127.0.0.1:1").await;
    let trouble = kube.get(Kind::Secret, "ns", "a").await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Network, "{trouble}");
    assert!(trouble.what.as_str().contains("the connection was refused"), "{trouble}");
    assert!(trouble.todo.as_str().contains("private: run lifeboat inside its VPC or over a VPN"), "{trouble}");
}

#[tokio::test]
async fn a14_a_connection_that_breaks_after_sending_is_unanswered() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 1024];
            let _ = stream.read(&mut buffer).await;
        }
    });
    let trouble = client(&url).await.version().await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Unanswered, "{trouble}");
}

#[tokio::test]
async fn e14_an_eks_token_is_never_sent_over_http_to_another_machine() {
    let clusters = EksClusters::new(Arc::new(Tokens::new()), KubeOptions::default());
    let trouble = clusters.connect(&access("http://api.example")).await.err().unwrap();
    assert_eq!(trouble.kind, TroubleKind::Refused);
}

/// A proxy that writes down what it is asked to connect to, and refuses.
async fn proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://ada:hunter2@{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 2048];
            let count = stream.read(&mut buffer).await.unwrap();
            noted.lock().unwrap().push(String::from_utf8_lossy(&buffer[..count]).into_owned());
            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    (url, asked)
}

#[tokio::test]
async fn e16_the_proxy_is_used_with_its_password_and_no_proxy_is_honoured() {
    let (url, asked) = proxy().await;
    for (none, used) in [("", true), ("api.invalid", false), (".invalid", false), ("127.0.0.1", true)] {
        asked.lock().unwrap().clear();
        let proxies = Proxies { https: url.clone(), http: String::new(), none: none.into() };
        let options = KubeOptions { proxies, ..KubeOptions::default() };
        let clusters = EksClusters::new(Arc::new(Tokens::new()), options);
        let trouble = clusters.connect(&access("https://api.invalid")).await.unwrap().version().await.unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::Network, "{trouble}");
        assert!(!trouble.to_string().contains("hunter2"), "{trouble}");
        let lines = asked.lock().unwrap().clone();
        assert_eq!(!lines.is_empty(), used, "{none}: {trouble}");
        if used {
            assert!(lines[0].starts_with("CONNECT api.invalid:443 "), "{lines:?}");
            assert!(lines[0].to_ascii_lowercase().contains("proxy-authorization: basic"), "{lines:?}");
            assert!(trouble.what.as_str().contains("the proxy refuses"), "{trouble}");
        }
    }
}
