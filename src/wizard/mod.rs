//! The wizard's questions as data: steps and fields (`assets/steps.toml`), drafts that keep what was typed even
//! when it is wrong, and the walk through the steps. Its result is an answers file.

mod default;
mod document;
mod draft;
mod field;
pub mod restore;
mod step;

pub use default::default_of;
pub use draft::{Draft, field, fields, owner};
pub use field::{Advice, Choice, Field, FieldKind, Offers};
pub use step::{Step, StepId, step, steps};
