//! What the handlers of one worker share.

use std::sync::Arc;

use storage::Db;

use crate::push::Providers;

/// The worker's database, and which providers want to be told what support changes.
#[derive(Debug)]
pub struct App {
    pub(crate) db: Db,
    pub(crate) providers: Arc<Providers>,
}

impl App {
    pub(crate) fn new(db: Db, providers: Arc<Providers>) -> Self {
        Self { db, providers }
    }
}
