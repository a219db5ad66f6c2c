//! What the handlers of one worker share.

use storage::Db;

use crate::HelpdeskConfig;
use crate::live::Live;

/// The worker's database, the line's settings, and who is connected to this process.
#[derive(Debug)]
pub struct App {
    pub(crate) db: Db,
    pub(crate) config: HelpdeskConfig,
    pub(crate) live: Live,
}

impl App {
    pub(crate) fn new(db: Db, config: HelpdeskConfig, live: Live) -> Self {
        Self { db, config, live }
    }
}
