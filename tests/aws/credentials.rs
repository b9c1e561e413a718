//! Where credentials come from and what is said when they do not (security.md 7.2 E08 to E15).

use crate::server::{Server, query_error, xml};
use lifeboat::adapters::aws::{Account, AwsOptions};
use lifeboat::ports::{Aws, Trouble, TroubleKind};
use std::time::Duration;

const CALLER: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/ada</Arn>\
    <UserId>A</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";

/// Options that see only these files, and no keys in the environment.
fn options(home: &tempfile::TempDir, config: &str, credentials: &str) -> AwsOptions {
    let folder = home.path().join(".aws");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config"), config).unwrap();
    std::fs::write(folder.join("credentials"), credentials).unwrap();
    let env = [("HOME", home.path().to_str().unwrap()), ("AWS_EC2_METADATA_DISABLED", "true")];
    AwsOptions {
        endpoint_url: Some("http://127.0.0.1:1".into()),
        env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        initial_backoff: Some(Duration::from_millis(1)),
        ..AwsOptions::default()
    }
}

async fn trouble(config: &str, profile: Option<&str>) -> Trouble {
    let home = tempfile::tempdir().unwrap();
    let options = AwsOptions { profile: profile.map(str::to_owned), ..options(&home, config, "") };
    let trouble = Account::new(options).caller().await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Credentials, "{trouble}");
    trouble
}

#[tokio::test]
async fn e08_without_credentials_the_sources_tried_and_the_profiles_are_listed() {
    let said = trouble("[profile ada]\nregion = eu-west-1\n", None).await.to_string();
    for words in ["AWS_ACCESS_KEY_ID", "profile default of", "instance's role", "--profile: ada"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(trouble("", None).await.to_string().contains("aws configure sso"));
}

#[tokio::test]
async fn e09_a_missing_profile_names_the_files() {
    let said = trouble("[profile ada]\nregion = eu-west-1\n", Some("eve")).await.to_string();
    assert!(said.contains("the profile eve does not exist") && said.contains(".aws/config"), "{said}");
    assert!(trouble("[eve]\nregion = x\n", Some("eve")).await.todo.as_str().contains("[profile eve]"));
}

#[tokio::test]
async fn e09_a_credential_process_that_fails_shows_its_stderr() {
    let said = trouble("[profile p]\ncredential_process = echo 'no card' >&2; exit 1\n", Some("p")).await.to_string();
    assert!(said.contains("no card") && said.contains("credential_process of p"), "{said}");
}

#[tokio::test]
async fn e09_a_credential_process_that_prints_rubbish_is_told_without_what_it_printed() {
    let said = trouble("[profile p]\ncredential_process = echo made-up-secret\n", Some("p")).await.to_string();
    assert!(said.contains("not the JSON") && !said.contains("made-up-secret"), "{said}");
}

#[tokio::test]
async fn e09_a_credential_process_that_hangs_is_given_up() {
    let home = tempfile::tempdir().unwrap();
    let config = "[profile p]\ncredential_process = sleep 5\n";
    let options = AwsOptions {
        profile: Some("p".into()),
        credentials_timeout: Some(Duration::from_millis(50)),
        ..options(&home, config, "")
    };
    let said = Account::new(options).caller().await.unwrap_err().to_string();
    assert!(said.contains("credential_process of p does not end"), "{said}");
}

#[tokio::test]
async fn e09_a_credential_process_gives_keys() {
    let server = Server::start(|_| xml(200, CALLER)).await;
    let home = tempfile::tempdir().unwrap();
    let config = "[profile p]\nregion = eu-central-1\ncredential_process = \
        echo '{\"Version\":1,\"AccessKeyId\":\"AKIDPROCESS\",\"SecretAccessKey\":\"s\"}'\n";
    let options =
        AwsOptions { profile: Some("p".into()), endpoint_url: Some(server.url.clone()), ..options(&home, config, "") };
    let account = Account::new(options);
    assert_eq!(account.caller().await.unwrap().account, "111122223333");
    let signed = server.requests()[0].header("authorization").unwrap().to_owned();
    assert!(signed.contains("AKIDPROCESS") && signed.contains("/eu-central-1/sts/"), "{signed}");
}

#[tokio::test]
async fn e10_an_sso_login_that_is_not_there_says_what_to_run() {
    let config = "[profile s]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = admin\n\
        [sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://lifeboat-tests.awsapps.com/start\n";
    let said = trouble(config, Some("s")).await;
    assert!(said.todo.as_str().contains("aws sso login --profile s"), "{said}");
}

#[tokio::test]
async fn e11_expired_credentials_say_that_nothing_is_lost() {
    let server = Server::start(|_| query_error(403, "ExpiredToken", "The security token is expired")).await;
    let trouble = server.account().caller().await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Credentials);
    assert!(trouble.what.as_str().contains("expired") && trouble.todo.as_str().contains("renew"), "{trouble}");
}

#[tokio::test]
async fn e14_credentials_are_not_sent_to_plain_http_on_another_machine() {
    let server = Server::start(|_| xml(200, CALLER)).await;
    let mut options = server.options();
    options.endpoint_url = None;
    options.env.insert("AWS_ENDPOINT_URL".into(), "http://aws.example.com".into());
    let trouble = Account::new(options).caller().await.unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Refused, "{trouble}");
}

#[tokio::test]
async fn e15_a_profile_named_on_the_command_line_wins_over_keys_in_the_environment() {
    let server = Server::start(|_| xml(200, CALLER)).await;
    let home = tempfile::tempdir().unwrap();
    let file = "[p]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = s\n";
    for (profile, expected) in [(Some("p"), "AKIDPROFILE"), (None, "AKIDENV")] {
        let mut options = options(&home, "", file);
        options.profile = profile.map(str::to_owned);
        options.endpoint_url = Some(server.url.clone());
        options.env.insert("AWS_ACCESS_KEY_ID".into(), "AKIDENV".into());
        options.env.insert("AWS_SECRET_ACCESS_KEY".into(), "s".into());
        Account::new(options).caller().await.unwrap();
        let signed = server.requests().last().unwrap().header("authorization").unwrap().to_owned();
        assert!(signed.contains(expected), "{signed}");
    }
}

#[tokio::test]
async fn e09_files_that_cannot_be_read_are_named() {
    let home = tempfile::tempdir().unwrap();
    let options = options(&home, "", "");
    std::fs::write(home.path().join(".aws/config"), b"\xff\xfe\x00").unwrap();
    let trouble = Account::new(options).caller().await.unwrap_err();
    assert!(trouble.to_string().contains(".aws/config") && trouble.to_string().contains("UTF-8"), "{trouble}");
}
