//! Waiting for a named state instead of for time.

use std::time::Duration;

use tokio::time::Instant;

/// Asks every 50 ms until the answer is `Ok`; panics with what it last saw.
pub async fn eventually<T, F, A>(what: &str, deadline: Duration, mut ask: F) -> T
where
    F: FnMut() -> A,
    A: Future<Output = Result<T, String>>,
{
    let until = Instant::now() + deadline;
    let mut last = "nothing yet".to_owned();
    loop {
        match tokio::time::timeout_at(until, ask()).await {
            Ok(Ok(value)) => return value,
            Ok(Err(seen)) => last = seen,
            Err(elapsed) => {
                panic!("{what}: not within {deadline:?} ({elapsed} in the last question); before it: {last}")
            }
        }
        assert!(Instant::now() < until, "{what}: not within {deadline:?}; last seen: {last}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
