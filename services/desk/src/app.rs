//! What the handlers of one worker share.

use std::collections::BTreeMap;
use std::sync::Arc;

use storage::Db;

use crate::client::Owners;

/// The worker's database, and its way to the services that own the tickets.
#[derive(Debug)]
pub struct App {
    pub(crate) db: Db,
    pub(crate) owners: Owners,
}

impl App {
    pub(crate) fn new(db: Db, http: reqwest::Client, addresses: Arc<BTreeMap<String, String>>) -> Self {
        Self { db, owners: Owners::new(http, addresses) }
    }
}
