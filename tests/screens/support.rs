//! A screen as text: its rows, and the looks of its cells by run length, since a test terminal's own text has none.

use lifeboat::app::{Model, Size};
use lifeboat::theme::{Profile, Theme};
use lifeboat::view::view;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

/// The sizes that every screen is seen at: wide, two of normal and narrow's least.
pub const SIZES: [(u16, u16); 4] = [(120, 40), (80, 24), (60, 18), (40, 12)];

/// The screen of a model at a size.
pub fn screen(model: &Model, w: u16, h: u16, profile: Profile) -> Buffer {
    let theme = Theme::named("dark", profile).unwrap();
    let mut model = model.clone();
    model.size = Size { w, h };
    let mut terminal = Terminal::new(TestBackend::new(w, h)).unwrap();
    terminal.draw(|frame| view(&model, &theme, frame)).unwrap();
    terminal.backend().buffer().clone()
}

/// The rows of a screen, without the spaces at their ends.
pub fn rows(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width);
    let row = |cells: &[Cell]| {
        let mut text = String::new();
        let mut skip = 0;
        for cell in cells {
            // The cells behind a wide character are its own.
            if skip > 0 {
                skip -= 1;
                continue;
            }
            text.push_str(cell.symbol());
            skip = lifeboat::view::text::width(cell.symbol()).saturating_sub(1);
        }
        text.trim_end().to_owned()
    };
    if width == 0 { Vec::new() } else { buffer.content.chunks(width).map(row).collect() }
}

/// Rows, a rule, each row's looks by run length, a rule, what the looks are: in true colour, in 16 colours, in none.
pub fn told(buffers: &[Buffer; 3]) -> String {
    let [first, others @ ..] = buffers;
    let mut out = rows(first).join("\n");
    for other in others {
        assert_eq!(rows(other), rows(first), "the words are the same whatever the colours");
    }
    let mut looks: Vec<String> = Vec::new();
    out.push_str("\n--- looks by run length\n");
    let width = usize::from(first.area.width).max(1);
    for start in (0..first.content.len()).step_by(width) {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for place in start..start + width {
            let look = buffers.iter().map(|buffer| look(&buffer.content[place])).collect::<Vec<_>>().join(" | ");
            let at = looks.iter().position(|there| *there == look).unwrap_or_else(|| {
                looks.push(look);
                looks.len() - 1
            });
            match runs.last_mut() {
                Some((there, count)) if *there == at => *count += 1,
                _ => runs.push((at, 1)),
            }
        }
        let runs: Vec<String> = runs.iter().map(|(look, count)| format!("{}{count}", sign(*look))).collect();
        let _ = writeln!(out, "{}", runs.join(" "));
    }
    out.push_str("--- true colour | 16 colours | none\n");
    for (at, look) in looks.iter().enumerate() {
        let _ = writeln!(out, "{} {look}", sign(at));
    }
    out
}

fn sign(at: usize) -> char {
    char::from_u32(u32::from('a') + u32::try_from(at).unwrap()).unwrap()
}

fn look(cell: &Cell) -> String {
    let colour = |colour: Color| match colour {
        Color::Reset => "default".to_owned(),
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        other => format!("{other:?}").to_lowercase(),
    };
    let mut out = format!("{} on {}", colour(cell.fg), colour(cell.bg));
    if cell.modifier != Modifier::empty() {
        let _ = write!(out, " {:?}", cell.modifier);
    }
    out
}

/// Compares a model's screens, at all sizes and with all, few and no colours, with what was accepted (tui rows 32
/// and 33).
pub fn seen(name: &str, model: &Model) {
    for (w, h) in SIZES {
        let profiles = [Profile::TrueColor, Profile::Ansi16, Profile::None];
        let buffers = profiles.map(|profile| screen(model, w, h, profile));
        insta::assert_snapshot!(format!("{name}_{w}x{h}"), told(&buffers));
    }
}
