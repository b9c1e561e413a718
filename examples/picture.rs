//! Draws the README's picture: the first walkthrough, a frame a part, as one SVG that plays by itself.
//!
//! `cargo run --example picture -- docs/first-setup.svg`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs)]

#[path = "../tests/wizard/journey.rs"]
#[allow(dead_code)]
mod journey;
#[path = "../tests/wizard/stage.rs"]
mod stage;
#[path = "../tests/story/support.rs"]
#[allow(dead_code)]
mod user;

use lifeboat::app::Size;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write as _;

/// A cell's size in the picture.
const CELL: (f32, f32) = (8.4, 18.0);
/// How long a frame stands, seconds.
const STANDS: usize = 4;
/// The size of the terminal.
const SIZE: Size = Size { w: 100, h: 30 };

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let path = std::env::args().nth(1).expect("the file to write");
    let mut frames = Vec::new();
    let _ = Box::pin(stage::play("first-setup", SIZE, |_, buffer| frames.push(drawn(buffer)))).await;
    std::fs::write(&path, svg(&frames)).expect("the picture is written");
    eprintln!("{path}: {} frames", frames.len());
}

/// The picture: all frames over each other, each shown in its turn.
fn svg(frames: &[String]) -> String {
    let (width, height) = (CELL.0 * f32::from(SIZE.w), CELL.1 * f32::from(SIZE.h));
    let whole = frames.len() * STANDS;
    #[allow(clippy::cast_precision_loss)]
    let share = 100.0 / frames.len() as f32;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"ui-monospace, \
         Menlo, Consolas, monospace\" font-size=\"14\"><title>lifeboat: the first set-up of Velero</title><style>\
         text{{white-space:pre}}g.f{{visibility:hidden;animation:f {whole}s step-end infinite}}\
         @keyframes f{{0%{{visibility:visible}}{share:.3}%{{visibility:hidden}}}}</style>\n"
    );
    for (index, frame) in frames.iter().enumerate() {
        let _ = writeln!(out, "<g class=\"f\" style=\"animation-delay:{}s\">{frame}</g>", index * STANDS);
    }
    out.push_str("</svg>\n");
    out
}

/// One frame: a rectangle for the ground, then a run of text for each look.
fn drawn(buffer: &Buffer) -> String {
    let mut out = String::new();
    let width = usize::from(buffer.area.width);
    let ground = buffer.content().first().map_or("#000000".to_owned(), |cell| colours(cell).1);
    let _ = write!(out, "<rect width=\"100%\" height=\"100%\" fill=\"{ground}\"/>");
    for (y, row) in buffer.content().chunks(width).enumerate() {
        let mut x = 0;
        while let Some(first) = row.get(x) {
            let same = row[x..].iter().take_while(|cell| look(cell) == look(first)).count();
            let text: String = row[x..x + same].iter().map(Cell::symbol).collect();
            run(&mut out, (x, y, same), first, &text, &ground);
            x += same;
        }
    }
    out
}

fn run(out: &mut String, (x, y, cells): (usize, usize, usize), cell: &Cell, text: &str, ground: &str) {
    let (fore, back) = colours(cell);
    #[allow(clippy::cast_precision_loss)]
    let (left, top, width) = (CELL.0 * x as f32, CELL.1 * y as f32, CELL.0 * cells as f32);
    if back != ground {
        let height = CELL.1;
        let _ = write!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height}\" fill=\"{back}\"/>"
        );
    }
    if text.trim().is_empty() {
        return;
    }
    let bold = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let base = top + 13.5;
    let _ = write!(
        out,
        "<text x=\"{left:.1}\" y=\"{base:.1}\" textLength=\"{width:.1}\" fill=\"{fore}\"{bold}>{escaped}</text>"
    );
}

fn look(cell: &Cell) -> (Color, Color, Modifier) {
    (cell.fg, cell.bg, cell.modifier)
}

/// Text and ground as `#rrggbb`.
fn colours(cell: &Cell) -> (String, String) {
    let hex = |colour: Color, other: &str| match colour {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        _ => other.to_owned(),
    };
    let (fore, back) = (hex(cell.fg, "#d0d0d0"), hex(cell.bg, "#101418"));
    if cell.modifier.contains(Modifier::REVERSED) { (back, fore) } else { (fore, back) }
}
