//! What is drawn, on its way to the terminal: a frame is one write inside a synchronized update, a frame that
//! changes nothing is no byte at all, and no cell brings a byte that a terminal obeys (B12).

use crate::domain::Shown;
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

/// Where a frame begins and ends for the terminal.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// The bytes of a frame in the making.
#[derive(Clone, Default)]
struct Bytes(Rc<RefCell<Vec<u8>>>);

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The backend that frames are drawn on; `out` takes each frame whole.
pub struct Screen<F> {
    inner: CrosstermBackend<Bytes>,
    bytes: Bytes,
    out: F,
    /// Whether the cursor is shown, where that is known.
    shown: Option<bool>,
    at: Option<Position>,
}

impl<F: FnMut(&[u8]) -> io::Result<()>> Screen<F> {
    /// A screen whose frames go to `out`.
    pub fn new(out: F) -> Self {
        let bytes = Bytes::default();
        Self { inner: CrosstermBackend::new(bytes.clone()), bytes, out, shown: None, at: None }
    }

    /// Somebody else wrote to the terminal: nothing is known of its cursor.
    pub fn forget(&mut self) {
        (self.shown, self.at) = (None, None);
    }
}

impl<F: FnMut(&[u8]) -> io::Result<()>> Backend for Screen<F> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let cells: Vec<(u16, u16, Cell)> = content.map(|(x, y, cell)| (x, y, safe(cell))).collect();
        if cells.is_empty() {
            return Ok(());
        }
        self.at = None;
        self.inner.draw(cells.iter().map(|(x, y, cell)| (*x, *y, cell)))
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.shown.replace(false) == Some(false) { Ok(()) } else { self.inner.hide_cursor() }
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.shown.replace(true) == Some(true) { Ok(()) } else { self.inner.show_cursor() }
    }

    /// Where it was put last; the terminal is never asked, some do not answer.
    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.at.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.at.replace(position) == Some(position) {
            return Ok(());
        }
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.at = None;
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.at = None;
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        let bytes = self.bytes.0.take();
        if bytes.is_empty() {
            return Ok(());
        }
        (self.out)(&[BEGIN, &bytes, END].concat())
    }
}

/// The cell as it may reach the terminal: one that holds what a terminal obeys or hides becomes `?`.
fn safe(cell: &Cell) -> Cell {
    let symbol = cell.symbol();
    let plain = symbol.bytes().all(|byte| matches!(byte, b' '..=b'~')) || Shown::new(symbol).as_str() == symbol;
    if plain {
        return cell.clone();
    }
    let mut harmless = Cell::new("?");
    harmless.set_style(cell.style());
    harmless
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    /// What reaches the terminal when a cell with each of the symbols is drawn.
    fn written(symbols: &[&'static str]) -> String {
        let mut out = Vec::new();
        let mut screen = Screen::new(|bytes: &[u8]| {
            out.extend_from_slice(bytes);
            Ok(())
        });
        for symbol in symbols {
            screen.draw([(0, 0, &Cell::new(symbol))].into_iter()).unwrap();
        }
        screen.flush().unwrap();
        drop(screen);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn b12_no_cell_brings_what_a_terminal_obeys() {
        for symbol in ["\u{1b}]0;x\u{7}", "\u{9b}2J", "\n", "\u{7f}", "\u{202e}", "\u{200b}", "\u{2028}"] {
            let out = written(&[symbol]);
            assert!(!out.contains(symbol) && out.contains('?'), "{out:?}");
        }
        assert!(written(&["名"]).contains('名'));
        assert!(written(&["é"]).contains('é'));
    }

    #[test]
    fn tui_row_37_a_frame_is_one_synchronized_write_and_no_change_is_no_byte() {
        let out = written(&["a", "b"]);
        assert!(out.starts_with("\u{1b}[?2026h") && out.ends_with("\u{1b}[?2026l"), "{out:?}");
        assert_eq!(out.matches("2026h").count(), 1, "{out:?}");
        assert_eq!(written(&[]), "");
    }

    #[test]
    fn a_cursor_that_stays_is_not_written_again() {
        let mut writes = 0;
        let mut screen = Screen::new(|_: &[u8]| {
            writes += 1;
            Ok(())
        });
        for _ in 0..3 {
            screen.show_cursor().unwrap();
            screen.set_cursor_position((3, 4)).unwrap();
            screen.flush().unwrap();
        }
        drop(screen);
        assert_eq!(writes, 1);
    }
}
