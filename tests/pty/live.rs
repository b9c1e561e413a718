//! `status` on a terminal: the screen of Live, at the set-up that is meant.

use crate::lifeboat;
use crate::terminal::{End, Start};

fn status(line: &str) -> Start {
    lifeboat(&format!("status --demo {line}")).size(140, 45).set("LIFEBOAT_DEMO_PACE", "0")
}

#[test]
fn the_status_of_a_cluster_is_the_screen_of_live_and_quitting_is_0() {
    let start = status("--cluster legacy --region us-west-2");
    let mut terminal = start.start();
    terminal.shows("Live 10/").shows("Overview").shows("legacy").shows("Available");
    terminal.is_taken();
    terminal.send("t");
    terminal.shows("its answers are not known here");
    terminal.send("\x1b");
    terminal.shows("Cluster 2/").shows("1 of 1 regions answered").shows("dr ");
    terminal.send("\x03\x03");
    assert_eq!(terminal.end(), End::Code(130));
    terminal.is_restored();

    let mut terminal = start.start();
    terminal.shows("Live 10/").shows("Available");
    terminal.send("q");
    assert_eq!(terminal.end(), End::Code(0));
    terminal.is_restored();
    assert!(!start.home().join("state/lifeboat/demo/default/draft.toml").exists(), "nothing was typed");
}

#[test]
fn the_status_of_an_answers_file_offers_its_test_and_leaves_a_kept_draft_alone() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/examples/velero-irsa.toml");
    let start = status(&format!("--answers {file}"));
    let kept = start.home().join("state/lifeboat/demo/default/draft.toml");
    std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
    let draft = "version = 1\nat = \"storage\"\nvisited = [\"welcome\"]\n\n[texts]\n\"bucket.name\" = \"mine\"\n";
    std::fs::write(&kept, draft).unwrap();
    let mut terminal = start.start();
    terminal.shows("Live 10/").shows("prod");
    terminal.send("t");
    terminal.shows("cannot be brought back");
    terminal.send("\x1b");
    terminal.hides("cannot be brought back");
    terminal.send("q");
    assert_eq!(terminal.end(), End::Code(0));
    terminal.is_restored();
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), draft);
}

#[test]
fn once_and_json_draw_nothing_on_a_terminal_either() {
    for (line, code) in [("--once", 4), ("--once --json", 4)] {
        let mut terminal = status(&format!("{line} --cluster prod --region us-east-1")).start();
        assert_eq!(terminal.end(), End::Code(code));
        assert!(!terminal.bytes().contains(&0x1b), "{}", terminal.text());
    }
}
