//! Waiting without sleeping: asks again until the answer is yes or the time is up.

use std::time::Duration;

/// How long a test waits for something that happens in the background.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Calls `look` until it finds something.
///
/// # Panics
/// If it finds nothing within 10 s; the text says what was waited for.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let until = tokio::time::Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < until, "did not happen within {DEADLINE:?}: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
