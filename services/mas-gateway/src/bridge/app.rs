//! What the handlers of one worker share.

use std::sync::Arc;
use std::time::Duration;

use storage::Db;
use tokio::sync::Notify;

/// The worker's database, and how to wake the job that delivers.
#[derive(Debug)]
pub struct BridgeApp {
    pub(crate) db: Db,
    pub(crate) nudge: Arc<Notify>,
    pub(crate) give_up_after: Duration,
}
