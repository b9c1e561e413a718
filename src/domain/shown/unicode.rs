//! Which characters may be shown as they are (Unicode 16 general categories).

use unicode_width::UnicodeWidthChar;

/// What is done with a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Shown as it is; takes columns.
    Plain,
    /// Shown as it is on the character before; takes no column.
    Mark,
    /// Left out: it only chooses between two drawings of the character before.
    Dropped,
    /// Tab.
    Tab,
    /// Line feed.
    NewLine,
    /// A C0 control, `^[`.
    Caret(char),
    /// A C1 control, `<9b>`.
    C1,
    /// Invisible, bidirectional, private or unassigned, `<U+202E>`.
    Hidden,
}

/// Format characters (Cf), separators (Zl, Zp), private use (Co), noncharacters, and letters that draw
/// nothing (fillers, variation selectors of plane 14, reserved ignorables). Sorted.
const HIDDEN: [(u32, u32); 36] = [
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x0600, 0x0605),
    (0x061C, 0x061C),
    (0x06DD, 0x06DD),
    (0x070F, 0x070F),
    (0x0890, 0x0891),
    (0x08E2, 0x08E2),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x2028, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xE000, 0xF8FF),
    (0xFDD0, 0xFDEF),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB),
    (0xFFFE, 0xFFFF),
    (0x110BD, 0x110BD),
    (0x110CD, 0x110CD),
    (0x13430, 0x1343F),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0x1FFFE, 0x1FFFF),
    (0x2FFFE, 0x2FFFF),
    (0x3FFFE, 0x3FFFF),
    (0x4FFFE, 0x4FFFF),
    (0x5FFFE, 0x5FFFF),
    (0x6FFFE, 0x6FFFF),
    (0x7FFFE, 0x7FFFF),
    (0x8FFFE, 0x8FFFF),
    // Plane 14: tags and variation selectors; its reserved rest is ignorable too.
    (0xE0000, 0xE0FFF),
    // Private planes, with the noncharacters between.
    (0xEFFFE, 0x0010_FFFF),
];

/// The class of a character.
pub fn class(c: char) -> Class {
    match c {
        '\t' => Class::Tab,
        '\n' => Class::NewLine,
        '\u{0}'..='\u{1f}' => Class::Caret(char::from_u32(u32::from(c) + 0x40).unwrap_or('?')),
        '\u{7f}' => Class::Caret('?'),
        '\u{80}'..='\u{9f}' => Class::C1,
        ' '..='~' => Class::Plain,
        '\u{fe00}'..='\u{fe0f}' => Class::Dropped,
        _ if is_hidden(u32::from(c)) => Class::Hidden,
        _ if c.width().unwrap_or(0) == 0 => Class::Mark,
        _ => Class::Plain,
    }
}

/// Whether a character is in the table of hidden ones.
pub fn is_hidden(c: u32) -> bool {
    use std::cmp::Ordering;
    let order = |range: &(u32, u32)| {
        if range.1 < c {
            Ordering::Less
        } else if range.0 > c {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    };
    HIDDEN.binary_search_by(order).is_ok()
}
