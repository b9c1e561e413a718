//! B12: nothing that a terminal obeys or hides comes from data.

use crate::terminal::{Start, Terminal};
use crate::{READY, lifeboat};

/// What every hostile text holds: controls, a colour, a title, C1, bidirectional and invisible marks.
const EVIL: &str = "a\u{1b}[31m\u{1b}]0;x\u{7}\u{9b}2J\u{7f}\u{202e}b\u{200b}\u{2028}\u{e0041}c";

/// What reached the terminal, without the escapes that are lifeboat's own.
fn without_escapes(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap(),
        Err(error) => panic!("{error}"),
    };
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        out.push_str(before);
        rest = match after.chars().next() {
            Some('[') => {
                // What came last may be half of an escape.
                let Some(end) = after[1..].find(|c: char| ('@'..='~').contains(&c)).map(|end| end + 2) else {
                    return out;
                };
                assert!(!after[..end].contains("31m"), "the colour of the data: {after:?}");
                &after[end..]
            }
            Some(']') => {
                let Some((told, after)) = after.split_once("\u{1b}\\") else { return out };
                assert!(told.starts_with("]2;") || told.starts_with("]11;?"), "{told:?}");
                out.push_str(told);
                after
            }
            None => return out,
            other => panic!("ESC {other:?} in {text:?}"),
        };
    }
    out + rest
}

#[track_caller]
fn is_safe(terminal: &Terminal) {
    let out = without_escapes(&terminal.bytes());
    let bad = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            || matches!(c, '\u{e0000}'..='\u{e0fff}')
    };
    assert_eq!(out.chars().find(bad), None, "{out:?}");
}

fn with_draft(text: &str) -> Start {
    let start = lifeboat("demo").size(140, 45).set("LIFEBOAT_DEMO_PACE", "0");
    let file = start.home().join("state/lifeboat/demo/default/draft.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
    start
}

#[test]
fn b12_a_hostile_draft_is_shown_and_obeyed_nowhere() {
    let value = toml::Value::String(EVIL.to_owned());
    let texts = ["bucket.name", "cluster.name", "cluster.region", "bucket.prefix"];
    let texts = texts.map(|path| format!("\"{path}\" = {value}\n")).concat();
    let draft = format!("version = 1\nat = \"storage\"\nvisited = [\"welcome\", \"storage\"]\n[texts]\n{texts}");
    let mut terminal = with_draft(&draft).start();
    terminal.shows("with the answers of last time");
    terminal.send("\r");
    terminal.shows("Storage 5/").shows("^[[31m");
    is_safe(&terminal);
    // The same from the keyboard, as a paste.
    terminal.send(format!("\t\u{1b}[200~{EVIL}\u{1b}[201~"));
    terminal.send("\x03");
    terminal.shows("Ctrl-C again");
    is_safe(&terminal);
}

#[test]
fn b12_a_hostile_draft_that_cannot_be_read_a_kubeconfig_and_a_profile_are_safe() {
    let terminal = with_draft(&format!("version = 1\nat = \"{}", EVIL.replace('\u{7f}', ""))).start();
    terminal.shows(READY).shows("111122223333");
    is_safe(&terminal);

    let start = lifeboat("").size(140, 45);
    // As a careful writer of YAML would write it; what stands in it as it is, the reader refuses.
    let name = EVIL.chars().map(|c| format!("\\U{:08x}", u32::from(c))).collect::<Vec<_>>().concat();
    let name = format!("\"{name}\"");
    let config = format!(
        "{{\"apiVersion\":\"v1\",\"kind\":\"Config\",\"current-context\":{name},\
         \"contexts\":[{{\"name\":{name},\"context\":{{\"cluster\":\"c\"}}}}],\
         \"clusters\":[{{\"name\":\"c\",\"cluster\":{{\"server\":\"https://127.0.0.1:1\"}}}}]}}"
    );
    let path = start.home().join("config");
    std::fs::write(&path, config).unwrap();
    let terminal = start.set("KUBECONFIG", &path).set("AWS_PROFILE", EVIL).start();
    terminal.shows("1 context").shows("^[[31m");
    is_safe(&terminal);
}
