//! Until the screens are there: where the program stands, in words.

use crate::app::Model;
use crate::theme::Theme;
use crate::wizard::step;
use ratatui::Frame;
use ratatui::text::{Line, Text};

/// Draws the model.
pub fn draw(model: &Model, _theme: &Theme, frame: &mut Frame<'_>) {
    let step = step(model.step());
    let mut lines = vec![Line::raw("lifeboat"), Line::raw(step.title.as_str())];
    lines.extend(model.toasts.shown.iter().map(|toast| Line::raw(toast.text.as_str())));
    frame.render_widget(Text::from(lines), frame.area());
}
