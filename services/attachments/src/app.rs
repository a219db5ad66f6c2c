//! What the handlers of one worker share.

use std::sync::Arc;

use storage::Db;
use tokio::sync::Semaphore;

use crate::store::Store;
use crate::tour_tickets::TourTickets;

/// The worker's database and connections, and the limits and rights by configuration.
#[derive(Debug)]
pub struct App {
    pub(crate) db: Db,
    pub(crate) tickets: TourTickets,
    pub(crate) store: Store,
    /// Places for uploads, of all workers together.
    pub(crate) uploads: Arc<Semaphore>,
    /// Largest file.
    pub(crate) max_bytes: u64,
    /// Whether callers without a token may use everything.
    pub(crate) guests: bool,
}
