//! Until the screens are there: where the program stands, in words.

use crate::app::{Load, MenuKind, Model, Overlay};
use crate::theme::Theme;
use crate::wizard::step;
use ratatui::Frame;
use ratatui::style::Stylize as _;
use ratatui::text::{Line, Text};

/// Draws the model.
pub fn draw(model: &Model, theme: &Theme, frame: &mut Frame<'_>) {
    let step = step(model.step());
    let title = Line::raw("lifeboat").style(theme.style(crate::theme::Role::Title)).bold();
    let mut lines = vec![title, Line::raw(step.title.as_str())];
    if let Load::Here(who) = &model.surroundings {
        lines.push(Line::raw(who.account.as_str()));
    }
    if let Load::Here(machine) = &model.machine {
        lines.push(Line::raw(machine.helm.as_str()));
    }
    if let Some(Overlay::Menu { kind, .. }) = model.overlays.last() {
        lines.push(Line::raw(if *kind == MenuKind::Help { "Help" } else { "Palette" }));
    }
    lines.extend(model.toasts.shown.iter().map(|toast| Line::raw(toast.text.as_str())));
    frame.render_widget(Text::from(lines), frame.area());
}
