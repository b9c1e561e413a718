//! The steps' screens, a file each.

mod apply;
mod cluster;
mod document;
mod form;
mod live;
mod review;
mod side;
mod welcome;

use super::ink::Ink;
use crate::app::Layout;
use crate::wizard::StepId;

/// Draws the step that is shown.
pub fn draw(ink: &mut Ink<'_>, layout: &Layout) {
    match ink.model.step() {
        StepId::Welcome => welcome::draw(ink, layout),
        StepId::Cluster => cluster::draw(ink, layout),
        StepId::Review => review::draw(ink, layout),
        StepId::Apply => apply::draw(ink, layout),
        StepId::Live => live::draw(ink, layout),
        _ => form::draw(ink, layout),
    }
}
