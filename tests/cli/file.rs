//! The answers file as a file (E20): size, depth, doubles, unknown keys, line ends, marks.

use crate::support::{Machine, answers, example};

#[test]
fn e20_ten_megabytes_are_not_read() {
    let machine = Machine::new();
    let big = format!("{}\n# {}", answers("acme-backups", ""), "é".repeat(5 * 1024 * 1024));
    machine.demo("plan", &big).ended(2).says("larger than 1 MiB").says("What to do:");
}

#[test]
fn e20_ten_thousand_brackets_are_refused() {
    let machine = Machine::new();
    for open in ["[", "a = [", "{", "a = {a = "] {
        machine.demo("plan", &open.repeat(10_000)).ended(2);
    }
    let deep = answers("acme-backups", &format!("deep = {}", "[".repeat(10_000)));
    machine.demo("plan", &deep).ended(2).says("nested too deeply").says("(line 7)");
}

#[test]
fn e20_a_key_given_twice_is_named_with_its_line() {
    let twice = answers("acme-backups", "name = \"other\"");
    Machine::new().demo("plan", &twice).ended(2).says("(line 7)").says("duplicate key");
}

#[test]
fn e20_unknown_keys_and_tables_get_the_nearest() {
    let machine = Machine::new();
    for (more, field, near) in [
        ("noncurent_days = 3", "bucket.noncurent_days", "noncurrent_days"),
        ("[encrption]\nkind = \"kms\"", "encrption", "encryption"),
        ("[velero]\nscedule = \"\"", "velero.scedule", "schedule"),
        ("[consent]\nadopt = [\"bucket-encrption\"]", "consent.adopt", "bucket-encryption"),
    ] {
        machine.demo("plan", &answers("acme-backups", more)).ended(2).says(field).says(near);
    }
}

#[test]
fn e20_the_table_of_another_tool_is_an_error() {
    let machine = Machine::new();
    let other = answers("acme-backups", "[rancher]\nretention = 3");
    machine.demo("plan", &other).ended(2).says("rancher").says("What to do:");
}

#[test]
fn e20_crlf_a_byte_order_mark_and_comments_give_the_same_plan() {
    let machine = Machine::new();
    let text = std::fs::read_to_string(example()).unwrap();
    let digest = |text: &str| machine.demo("plan --json", text).ended(0).json()["digest"].clone();
    let plain = digest(&text);
    assert_eq!(digest(&text.replace('\n', "\r\n")), plain);
    assert_eq!(digest(&format!("\u{feff}{text}")), plain);
    assert_eq!(digest(&format!("# a comment with é and 名\n{text}\n# and one without an end")), plain);
}

#[test]
fn e20_bytes_that_are_no_text_and_things_that_are_no_file_are_said() {
    let machine = Machine::new();
    machine.file("answers.toml", [b'a', b'\n', 0xff, 0xfe, 0]);
    machine.run("plan --demo --answers answers.toml").ended(2).says("line 2 is not UTF-8");
    machine.run("plan --demo --answers .").ended(2).says("it is a folder");
    machine.file("answers.toml", "");
    machine.run("plan --demo --answers answers.toml").ended(2).says("tool").says("cluster.name");
    machine.run("plan --demo --answers /dev/zero").ended(2).says("larger than 1 MiB");
}

#[test]
fn e20_all_problems_are_told_together() {
    let text = answers("Bad_Name", "noncurrent_days = -1\n[role]\nname = \"a b\"");
    Machine::new().demo("plan", &text).ended(2).says("bucket.name").says("bucket.noncurrent_days").says("role.name");
}

#[test]
fn paths_are_relative_to_the_answers_file() {
    let machine = Machine::new();
    machine.file("there/values.yaml", "podAnnotations: {team: platform}\n");
    let text = answers("acme-backups", "[install]\nvalues = \"values.yaml\"");
    machine.file("there/answers.toml", text);
    machine.run("plan --demo --answers there/answers.toml").ended(0);
    machine.file("there/values.yaml", "- a\n- list\n");
    machine.run("plan --demo --answers there/answers.toml").ended(2).says("install.values");
    machine.file("there/values.yaml", "a: [");
    machine.run("plan --demo --answers there/answers.toml").ended(2).says("is not YAML");
    std::fs::remove_file(machine.path("there/values.yaml")).unwrap();
    machine.run("plan --demo --answers there/answers.toml").ended(2).says("install.values").says("no such file");
}

#[test]
fn warnings_stop_nothing_and_are_said() {
    let machine = Machine::new();
    let ran = machine.demo("plan --json", &answers("my.backups.example", "[install]\nnamespace = \"kube-system\""));
    let ran = ran.ended(0).says("dots").says("kube-system");
    assert!(ran.json()["digest"].is_string(), "standard output stays JSON");
}
