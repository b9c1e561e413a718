//! The screen: `view(&Model, &Theme, &mut Frame)`. Pure; it reads the model and names roles, never colours. Where
//! things are is `app::layout`'s word alone, so that the mouse finds what is drawn.
//!
//! The whole, wide:
//!
//! ```text
//! lifeboat · DEMO · 111122223333 …user/ada · prod us-east-1                              Storage 5/10
//!   ✓ Welcome           Storage                                             │ Why this is asked …
//!   ✓ Cluster           fields, or a list                                   │ the field with the focus
//!     prod us-east-1                                                        │
//! messages; the caption of a walkthrough
//! enter next  esc back  ctrl-n go on  ? help  : menu
//! ```

mod chrome;
pub mod glyph;
mod ink;
pub mod lexer;
mod overlays;
pub mod paint;
mod screens;
mod stepper;
pub mod text;
mod time;

pub use glyph::{Glyphs, State};
pub use lexer::Language;
pub use paint::Paint;

use crate::app::{Model, Tier, solve};
use crate::theme::{Role, Theme};
use ink::Ink;
use ratatui::Frame;

/// Draws the whole screen.
pub fn view(model: &Model, theme: &Theme, frame: &mut Frame<'_>) {
    let paint = Paint { theme, glyphs: Glyphs::new(model.setup.ascii) };
    let whole = frame.area();
    let mut ink = Ink { model, paint, buffer: frame.buffer_mut(), cursor: None };
    ink.paint.ground(ink.buffer, whole, Role::Back);
    let layout = solve(model);
    if layout.tier == Tier::Small {
        chrome::small(&mut ink);
    } else {
        chrome::header(&mut ink, &layout);
        stepper::draw(&mut ink, &layout);
        screens::draw(&mut ink, &layout);
        chrome::toasts(&mut ink, layout.toasts);
        chrome::caption(&mut ink, layout.caption);
        chrome::footer(&mut ink, layout.footer);
        overlays::draw(&mut ink);
    }
    let cursor = ink.cursor.filter(|at| whole.contains((*at).into()));
    if let Some(at) = cursor {
        frame.set_cursor_position(at);
    }
}

/// The words on a screen, a line a row; what a walkthrough goes by.
pub fn words(buffer: &ratatui::buffer::Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let row = |row: &[ratatui::buffer::Cell]| {
        let row: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
        row.trim_end().to_owned()
    };
    buffer.content().chunks(width).map(row).collect::<Vec<_>>().join("\n")
}
