//! The clipboard, the editor, the pager, files: rows 28 and 29, E19.

use crate::terminal::Start;
use crate::walk::{demo, to_review};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// A shell script in the home of what is to be started.
fn script(start: &Start, name: &str, text: &str) -> PathBuf {
    let path = start.home().join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

#[test]
fn tui_row_29_the_editor_gets_the_text_without_credentials_and_gives_it_back() {
    let start = demo().set("AWS_SECRET_ACCESS_KEY", "wJalrXUtn").set("EDITOR", "false");
    // It tells what it sees: the terminal's mode, the file's, its own environment.
    let text = "{ stty -a; stat -c %a \"$1\"; env; } > \"$HOME/seen\"\nprintf 'configuration:\\n  logLevel: debug\\n' > \"$1\"";
    let editor = script(&start, "editor", text);
    let mut terminal = start.set("VISUAL", editor).start();
    to_review(&mut terminal, "acme-backups");
    let home = terminal.home();
    terminal.send("e");
    terminal.shows("The plan is made with your values").is_taken();
    let seen = std::fs::read_to_string(home.join("seen")).unwrap();
    assert!(seen.contains(" icanon") && seen.contains(" echo "), "the terminal was the editor's: {seen}");
    assert!(seen.contains("\n600\n"), "{seen}");
    assert!(!seen.contains("AWS_"), "{seen}");
    // The wizard reads the keys again.
    terminal.send("?");
    terminal.shows("Help");
    let left = std::fs::read_dir(&home).unwrap().filter_map(|item| item.unwrap().file_name().into_string().ok());
    assert_eq!(left.filter(|name| name.starts_with("lifeboat-")).count(), 0, "nothing is left of the text");
}

#[test]
fn tui_row_29_an_editor_that_fails_is_said() {
    let mut terminal = demo().set("EDITOR", "no-such-editor").start();
    to_review(&mut terminal, "acme-backups");
    terminal.send("e");
    terminal.shows("the editor no-such-editor failed").is_taken();
}

#[test]
fn tui_row_29_the_pager_shows_a_document() {
    let start = demo();
    let pager = script(&start, "pager", "cat > \"$HOME/paged\"");
    let mut terminal = start.set("PAGER", pager).start();
    to_review(&mut terminal, "acme-backups");
    let home = terminal.home();
    terminal.send("c");
    terminal.shows("#!");
    terminal.send("v");
    // The pager ends at once; the wizard is back when the screen is.
    terminal.writes(b"\x1b[?1049l");
    terminal.shows("Review 8/").is_taken();
    let text = std::fs::read_to_string(home.join("paged")).unwrap();
    assert!(text.starts_with("#!") && text.contains("aws iam"), "{text}");
}

#[test]
fn tui_row_28_copying_goes_through_the_terminal() {
    let mut terminal = demo().start();
    to_review(&mut terminal, "acme-backups");
    terminal.send("c");
    terminal.shows("#!");
    terminal.send("y");
    // `#!/` in base64.
    terminal.writes(b"\x1b]52;c;IyEv").shows("clipboard");
}

#[test]
fn e19_all_documents_are_saved_and_what_differs_is_asked_about() {
    let mut terminal = demo().start();
    to_review(&mut terminal, "acme-backups");
    let home = terminal.home();
    let save = |terminal: &mut crate::terminal::Terminal| {
        terminal.send("s");
        terminal.shows("Folder");
        // Ctrl-U: whatever is proposed.
        terminal.send("\x15~/out\r");
    };
    save(&mut terminal);
    terminal.shows("written to").shows("out");
    let plan = home.join("out/plan.json");
    let text = std::fs::read_to_string(&plan).unwrap();
    std::fs::write(&plan, "mine\n").unwrap();
    save(&mut terminal);
    terminal.shows("-mine");
    assert_eq!(std::fs::read_to_string(&plan).unwrap(), "mine\n");
    // Enter is Cancel.
    terminal.send("\r");
    terminal.hides("-mine");
    assert_eq!(std::fs::read_to_string(&plan).unwrap(), "mine\n");
    save(&mut terminal);
    terminal.shows("-mine");
    terminal.send("\t\r");
    terminal.shows("the same already");
    assert_eq!(std::fs::read_to_string(&plan).unwrap(), text);
}
