//! The speed of the wizard in a pseudo-terminal, the real binary: from exec to the first painted frame, memory,
//! idleness, and from a key to its frame among ten thousand rows.
//!
//! `cargo run --example terminal -- target/release/lifeboat`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::cast_precision_loss, missing_docs)]

#[path = "../tests/terminal/mod.rs"]
mod terminal;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use terminal::Start;

/// How often the start is measured.
const STARTS: usize = 60;
/// What ends a frame: the end of a synchronized update.
const WHOLE: &[u8] = b"\x1b[?2026l";
/// How many keys are pressed.
const KEYS: usize = 400;

fn main() {
    let program = std::env::args().nth(1).unwrap_or_else(|| "target/release/lifeboat".to_owned());
    let program = std::fs::canonicalize(PathBuf::from(program)).expect("the program is built: cargo build --release");
    starts(&program, "demo", "exec to first frame, demo");
    starts(&program, "", "exec to first frame, no credentials");
    idle(&program);
    crowd(&program);
}

fn say(what: &str, mut times: Vec<f64>, bar: &str) {
    times.sort_by(f64::total_cmp);
    let last = times.len() - 1;
    let at = |percent: usize| times[last * percent / 100];
    println!("{what:48} median {:6.2}  p99 {:6.2}  max {:6.2}  {bar}", at(50), at(99), at(100));
}

/// From just before the process is started until the end of its first frame is read; nothing else is done with it.
fn starts(program: &Path, line: &str, what: &str) {
    let home = tempfile::tempdir().unwrap();
    let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let pair = native_pty_system().openpty(size).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(line.split_whitespace());
        command.env_clear();
        let home = home.path().as_os_str();
        for (name, value) in [("HOME", home), ("TERM", "xterm-256color".as_ref()), ("LANG", "C.UTF-8".as_ref())] {
            command.env(name, value);
        }
        let began = Instant::now();
        let mut child = pair.slave.spawn_command(command).unwrap();
        let (mut seen, mut chunk) = (Vec::new(), vec![0; 65_536]);
        while !seen.windows(WHOLE.len()).any(|part| part == WHOLE) {
            let count = reader.read(&mut chunk).unwrap();
            seen.extend_from_slice(&chunk[..count]);
        }
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    say(&format!("{what} (ms)"), times, "bar: median 10");
}

/// At Welcome, everything known: no byte, no cycle.
fn idle(program: &Path) {
    let terminal = Start::new(program, "demo").size(120, 40).start();
    terminal.shows("111122223333").shows("3.22");
    // What moved has come to rest.
    while !terminal.within(Duration::from_millis(500)).is_empty() {}
    let before = terminal.cpu();
    let bytes = terminal.within(Duration::from_secs(5)).len();
    let cpu = terminal.cpu().saturating_sub(before).as_millis();
    println!("idle for 5 s: {bytes} bytes, {cpu} ms of processor time; bar: none");
    println!("peak memory of the idle wizard: {:.1} MB; bar: 25", terminal.peak_memory() as f64 / 1024.0);
}

/// Among ten thousand clusters, with a filter.
fn crowd(program: &Path) {
    let mut terminal = Start::new(program, "demo --demo=crowd").size(120, 40).start();
    terminal.shows("111122223333");
    terminal.send("\r");
    terminal.shows("10001");
    while !terminal.within(Duration::from_millis(500)).is_empty() {}
    println!(
        "peak memory after discovery of 10,001 clusters: {:.1} MB; bar: 40",
        terminal.peak_memory() as f64 / 1024.0
    );
    let mut filter = String::new();
    for c in "team-0".chars() {
        filter.push(c);
        terminal.send(c.to_string());
        shows(&terminal, &filter);
    }
    let mut times = Vec::new();
    for key in 0..KEYS {
        // The look at the rows that came into sight is over before the next key.
        while !terminal.within(Duration::from_millis(30)).is_empty() {}
        let other = key % 2 == 0;
        let wanted = if other { format!("{filter}7") } else { filter.clone() };
        let began = Instant::now();
        terminal.send(if other { "7" } else { "\x7f" });
        shows(&terminal, &wanted);
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    say("key to frame, 10,001 rows and a filter (ms)", times, "bar: p99 8");
}

/// Waits until the filter is on the screen.
fn shows(terminal: &terminal::Terminal, filter: &str) {
    terminal.until(filter, |screen| {
        let row = screen.rows(0, 120).nth(1).unwrap_or_default();
        row.split_once("filter  ").is_some_and(|(_, rest)| {
            rest.split_whitespace().next().is_some_and(|it| it.trim_end_matches('▏') == filter)
        })
    });
}
