//! plan

pub mod answers;
