//! What screens are built from: text by columns, signs, painting. Pure; names roles, never colours.

pub mod glyph;
pub mod lexer;
pub mod paint;
pub mod text;

pub use glyph::{Glyphs, State};
pub use lexer::Language;
pub use paint::Paint;
