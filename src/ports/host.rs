//! The machine lifeboat runs on.

use async_trait::async_trait;
use std::time::Duration;

/// Clock and random numbers. The demo world's clock is scripted: its `sleep` takes no real time.
#[async_trait]
pub trait Host: Send + Sync {
    /// Now.
    fn now(&self) -> jiff::Timestamp;
    /// Waits for `time` of this host's clock.
    async fn sleep(&self, time: Duration);
    /// `count` bytes from the system's random source.
    fn random(&self, count: usize) -> Vec<u8>;
}
