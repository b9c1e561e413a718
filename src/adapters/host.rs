//! The machine lifeboat runs on.

use crate::ports::Host;
use async_trait::async_trait;
use std::time::Duration;

/// The system's clock and random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct Machine;

#[async_trait]
impl Host for Machine {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn random(&self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        // The kernel's source fails only before it is seeded at boot; weaker bytes must never be handed out.
        while getrandom::fill(&mut bytes).is_err() {
            std::thread::sleep(Duration::from_millis(10));
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_have_the_asked_length_and_differ() {
        let (a, b) = (Machine.random(32), Machine.random(32));
        assert_eq!(a.len(), 32);
        assert_ne!(a, b);
        assert!(Machine.random(0).is_empty());
    }

    #[test]
    fn now_is_the_systems_clock() {
        let (before, now) = (jiff::Timestamp::now(), Machine.now());
        assert!(now >= before && now <= jiff::Timestamp::now());
    }
}
