//! The nouns, parsed not validated. Pure: no clock, environment, file, network.

mod shown;

pub use shown::Shown;
