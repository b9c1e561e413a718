//! The machine: a message in, the model changed, effects out.

use super::effect::Effect;
use super::message::Msg;
use super::model::Model;

/// Takes a message in.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Now(now) => {
            model.now = now;
            model.toasts.pass(now);
            Vec::new()
        }
        Msg::Resize(size) => {
            model.size = size;
            Vec::new()
        }
        _ => Vec::new(),
    }
}
