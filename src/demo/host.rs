//! The machine, with a clock that takes no real time.

use super::World;
use crate::ports::Host;
use async_trait::async_trait;
use jiff::Timestamp;
use std::time::Duration;

#[async_trait]
impl Host for World {
    fn now(&self) -> Timestamp {
        self.look(|state| state.now)
    }

    async fn sleep(&self, time: Duration) {
        self.pass(time).await;
        self.keep();
    }

    /// The same bytes in every run of the same world, and never the same twice: walkthroughs and
    /// screens can be compared. Nothing in the demo is worth protecting.
    fn random(&self, count: usize) -> Vec<u8> {
        self.look(|state| {
            let mut out = Vec::with_capacity(count);
            while out.len() < count {
                state.drawn += 1;
                let word = super::digest(&format!("{}/random/{}", state.world, state.drawn));
                out.extend(hex::decode(word).unwrap_or_default());
            }
            out.truncate(count);
            out
        })
    }
}
