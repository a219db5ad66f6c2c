//! What the handlers of one worker share.

use storage::Db;

use crate::Category;

/// The worker's database and the configured categories.
#[derive(Debug)]
pub struct App {
    pub(crate) db: Db,
    pub(crate) categories: Vec<Category>,
}

impl App {
    pub(crate) fn new(db: Db, categories: Vec<Category>) -> Self {
        Self { db, categories }
    }
}
