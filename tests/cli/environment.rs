//! What the machine is like (security.md 7.2): no credentials, profiles that do not work, an endpoint of one's
//! own, no home. Nothing here is reachable.

use crate::support::Machine;

const PLAN: &str = "plan --answers @";

fn with_config(config: &str) -> Machine {
    let machine = Machine::new();
    machine.file(".aws/config", config);
    machine
}

#[test]
fn e08_without_credentials_the_sources_tried_are_named_and_the_demo_is_offered() {
    for line in [PLAN, "apply --yes --answers @", "status --once --answers @"] {
        let ran = Machine::new().run(line).ended(1).says("no AWS credentials");
        let ran = ran.says("AWS_ACCESS_KEY_ID").says(".aws/config").says(".aws/credentials").says("AWS_WEB_IDENTITY");
        ran.says("What to do:").says("--demo");
    }
}

#[test]
fn e08_with_profiles_those_are_offered() {
    with_config("[profile ada]\nregion = us-east-1\n").run(PLAN).ended(1).says("--profile").says("ada");
}

#[test]
fn e08_half_a_key_is_said() {
    Machine::new().set("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").run(PLAN).ended(1).says("AWS_SECRET_ACCESS_KEY");
}

#[test]
fn e08_a_trouble_is_json_too() {
    let error = Machine::new().run("plan --json --answers @").ended(1).json()["error"].clone();
    assert!(error["what"].as_str().unwrap().contains("credentials"), "{error}");
    assert!(!error["todo"].as_str().unwrap().is_empty(), "{error}");
}

#[test]
fn e09_a_profile_that_is_not_there_is_said_with_those_that_are() {
    let machine = with_config("[profile ada]\nregion = us-east-1\n[bob]\nregion = us-east-1\n");
    machine.run("plan --profile eve --answers @").ended(1).says("profile eve does not exist").says("ada");
    machine.run("plan --profile bob --answers @").ended(1).says("[profile bob]");
    machine.set("AWS_PROFILE", "eve").run(PLAN).ended(1).says("profile eve does not exist");
}

#[test]
fn e09_mfa_circles_and_roles_without_a_source_name_file_and_section() {
    let role = "role_arn = arn:aws:iam::111122223333:role/x";
    let config = format!(
        "[profile mfa]\n{role}\nsource_profile = keys\nmfa_serial = arn:aws:iam::111122223333:mfa/ada\n\
         [profile keys]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = made-up\n\
         [profile a]\n{role}\nsource_profile = b\n[profile b]\n{role}\nsource_profile = a\n[profile alone]\n{role}\n"
    );
    let machine = with_config(&config);
    for (profile, part) in [("mfa", "export-credentials --profile mfa"), ("a", "circle"), ("alone", "[profile alone]")]
    {
        let ran = machine.run(&format!("plan --profile {profile} --answers @")).ended(1);
        ran.says(part).says(".aws/config").says("What to do:");
    }
}

#[test]
fn e09_a_credential_process_that_fails_or_prints_rubbish_is_said() {
    let machine = with_config("[profile bad]\ncredential_process = /nowhere/at/all\n");
    machine.run("plan --profile bad --answers @").ended(1).says("credential_process").says("What to do:");
}

#[test]
fn e10_an_sso_login_that_ended_says_what_to_run() {
    let config = "[profile sso]\nsso_session = acme\nsso_account_id = 111122223333\nsso_role_name = Admin\n\
                  [sso-session acme]\nsso_region = us-east-1\nsso_start_url = https://acme.example/start\n";
    let machine = with_config(config);
    machine.run("plan --profile sso --answers @").ended(1).says("aws sso login --profile sso");
    machine.file(".aws/sso/cache/rubbish.json", "{");
    machine.run("plan --profile sso --answers @").ended(1).says("aws sso login --profile sso");
}

#[test]
fn e14_keys_are_never_sent_to_plain_http_on_another_machine() {
    for url in ["http://192.0.2.1:4566", "http://localhost.example", "HTTP://192.0.2.1", "http://user@192.0.2.1"] {
        let machine = Machine::new().set("AWS_ENDPOINT_URL", url).set("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE");
        let machine = machine.set("AWS_SECRET_ACCESS_KEY", "made-up-secret");
        let ran = machine.run(PLAN).ended(1).says("AWS_ENDPOINT_URL").says("TLS").says("What to do:");
        assert!(!ran.err.contains("made-up-secret"));
    }
}

#[test]
fn e14_an_endpoint_of_ones_own_is_named_before_anything_else() {
    // Nobody listens on port 1 of this machine.
    let machine = Machine::new().set("AWS_ENDPOINT_URL", "http://127.0.0.1:1").set("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE");
    let machine = machine.set("AWS_SECRET_ACCESS_KEY", "made-up-secret");
    let ran = machine.run("plan --json --answers @").ended(1);
    assert!(ran.err.starts_with("Note: AWS calls go to http://127.0.0.1:1"), "{}", ran.err);
    assert!(ran.json()["error"]["what"].is_string(), "a note does not disturb the JSON");
}

#[test]
fn e18_without_a_home_a_plan_works_and_an_apply_says_what_is_missing() {
    let homeless = || Machine::new().unset("HOME").unset("XDG_STATE_HOME");
    homeless().run("plan --demo --answers @").ended(0);
    homeless().run("plan --demo --out out --answers @").ended(0);
    homeless().run("apply --demo --yes --answers @").ended(1).says("no place for the journal").says("XDG_STATE_HOME");
    homeless().run("status --demo --once --cluster prod --region us-east-1").ended(4);
    homeless().run("demo --reset").ended(1).says("XDG_STATE_HOME");
    homeless().run("undo --demo --yes").ended(1);
    assert_eq!(homeless().run("runs --demo --json").ended(0).json()["runs"], serde_json::json!([]));
    homeless().set("XDG_STATE_HOME", "relative/path").run("apply --demo --yes --answers @").ended(1);
}

#[test]
fn e18_where_nothing_can_be_written_a_plan_works_and_an_apply_refuses() {
    let machine = Machine::new();
    machine.file("state", "a file stands here");
    machine.run("plan --demo --answers @").ended(0);
    machine
        .run("apply --demo --yes --answers @")
        .ended(1)
        .says("journal")
        .says("cannot be written")
        .says("What to do:");
    machine.run("runs --demo").ended(0);
    assert_eq!(std::fs::read_to_string(machine.path("state")).unwrap(), "a file stands here");
}

#[test]
fn a_demo_asks_nothing_of_the_machine() {
    // Settings that stop every real command: none of them matters to the demo.
    let machine = with_config("[default\nbroken").set("AWS_ENDPOINT_URL", "http://192.0.2.1");
    let machine = machine.set("AWS_PROFILE", "gone").set("KUBECONFIG", "/nowhere").set("HTTPS_PROXY", "nonsense://");
    machine.run("plan --demo --answers @").ended(0);
}
