//! What the handlers of one worker share.

use std::sync::Arc;

use auth::basic::BasicUsers;
use storage::Db;

/// The worker's database, and who may post requests.
#[derive(Debug)]
pub struct App {
    pub(crate) db: Db,
    pub(crate) users: Arc<BasicUsers>,
}

impl App {
    pub(crate) fn new(db: Db, users: Arc<BasicUsers>) -> Self {
        Self { db, users }
    }
}
