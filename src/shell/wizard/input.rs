//! What the terminal says, as messages.

use crate::app::{Code, Key, Mouse, MouseKind, Msg, Size};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

/// The most that is taken of one paste, bytes (E26).
const PASTE: usize = 64 * 1024;

/// The message that an event of the terminal means, if any.
pub fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => self::key(key).map(Msg::Key),
        Event::Paste(text) => Some(Msg::Paste(capped(text))),
        Event::Mouse(mouse) => self::mouse(mouse).map(Msg::Mouse),
        Event::Resize(w, h) => Some(Msg::Resize(Size { w, h })),
        Event::FocusGained | Event::FocusLost => None,
    }
}

/// A key that went down or repeats. Shift is in the character already; keys with a window manager's modifier
/// are not ours.
fn key(event: KeyEvent) -> Option<Key> {
    let foreign = KeyModifiers::SUPER | KeyModifiers::HYPER | KeyModifiers::META;
    if event.kind == KeyEventKind::Release || event.modifiers.intersects(foreign) {
        return None;
    }
    let mut ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let alt = event.modifiers.contains(KeyModifiers::ALT);
    let code = match event.code {
        KeyCode::Char(c) if ctrl => Code::Char(c.to_ascii_lowercase()),
        KeyCode::Char(c) => Code::Char(c),
        // Ctrl-Space, as some terminals send it.
        KeyCode::Null => {
            ctrl = true;
            Code::Char(' ')
        }
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => Code::BackTab,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(n) => Code::F(n),
        _ => return None,
    };
    Some(Key { code, ctrl, alt })
}

fn mouse(event: MouseEvent) -> Option<Mouse> {
    let kind = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseKind::Press,
        MouseEventKind::ScrollUp => MouseKind::ScrollUp,
        MouseEventKind::ScrollDown => MouseKind::ScrollDown,
        _ => return None,
    };
    Some(Mouse { kind, x: event.column, y: event.row })
}

/// At most 64 KiB of it, whole characters.
fn capped(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(PASTE));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn pressed(code: KeyCode, modifiers: KeyModifiers) -> Option<String> {
        key(KeyEvent::new(code, modifiers)).map(|key| key.to_string())
    }

    #[rstest]
    #[case(KeyCode::Char('a'), KeyModifiers::NONE, Some("a"))]
    #[case(KeyCode::Char('A'), KeyModifiers::SHIFT, Some("A"))]
    #[case(KeyCode::Char('P'), KeyModifiers::CONTROL, Some("ctrl-p"))]
    #[case(KeyCode::Char(' '), KeyModifiers::CONTROL, Some("ctrl-space"))]
    #[case(KeyCode::Null, KeyModifiers::NONE, Some("ctrl-space"))]
    #[case(KeyCode::BackTab, KeyModifiers::SHIFT, Some("shift-tab"))]
    #[case(KeyCode::Tab, KeyModifiers::SHIFT, Some("shift-tab"))]
    #[case(KeyCode::Char('x'), KeyModifiers::ALT, Some("alt-x"))]
    #[case(KeyCode::Char('x'), KeyModifiers::SUPER, None)]
    #[case(KeyCode::Insert, KeyModifiers::NONE, None)]
    fn keys_are_those_of_the_key_map(
        #[case] code: KeyCode,
        #[case] modifiers: KeyModifiers,
        #[case] expected: Option<&str>,
    ) {
        assert_eq!(pressed(code, modifiers).as_deref(), expected);
    }

    #[test]
    fn a_key_that_goes_up_is_no_key() {
        let up = KeyEvent::new_with_kind(KeyCode::Char('a'), KeyModifiers::NONE, KeyEventKind::Release);
        assert!(message(Event::Key(up)).is_none());
        assert!(message(Event::FocusLost).is_none());
    }

    #[test]
    fn e26_a_paste_is_capped_at_64_kib_and_at_a_character() {
        let Some(Msg::Paste(text)) = message(Event::Paste("名".repeat(2_000_000))) else { panic!("no paste") };
        assert!(text.len() <= PASTE && text.len() > PASTE - 4 && text.ends_with('名'));
        let Some(Msg::Paste(text)) = message(Event::Paste("a\u{1b}[2J\r\n".to_owned())) else { panic!("no paste") };
        assert_eq!(text, "a\u{1b}[2J\r\n");
    }
}
