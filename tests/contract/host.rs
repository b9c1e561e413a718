//! The clock and random numbers.

use crate::fixture::Fixture;
use jiff::SignedDuration;
use std::time::Duration;

pub async fn the_clock_goes_on_with_sleep(at: &Fixture) {
    let before = at.world.host.now();
    at.world.host.sleep(Duration::from_millis(20)).await;
    assert!(at.world.host.now().duration_since(before) >= SignedDuration::from_millis(20));
}

pub async fn random_bytes_are_as_many_as_asked(at: &Fixture) {
    let (one, two) = (at.world.host.random(33), at.world.host.random(33));
    assert_eq!((one.len(), two.len()), (33, 33));
    assert_ne!(one, two);
    assert!(at.world.host.random(0).is_empty());
}
