//! The test-bed itself.
