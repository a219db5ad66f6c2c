//! Figures instead of faults: how long an event takes, and how fast a backlog drains. On a stack with one replica of each
//! service, its proxies in between, durable as in production.

mod backlog;
mod bare;
mod clock;
mod latency;
mod load;

pub use backlog::backlog;
pub use latency::latency;

use std::time::Duration;

use anyhow::Result;

use crate::lab::Lab;

/// Waits between two looks at a database.
const LOOK: Duration = Duration::from_millis(100);

/// Whatever came of it, nothing that was started keeps running.
async fn end(lab: Lab, outcome: Result<bool>) -> Result<bool> {
    lab.stack.stop(outcome.is_ok()).await?;
    outcome
}
