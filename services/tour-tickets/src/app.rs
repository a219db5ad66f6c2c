//! What the handlers of one worker share.

use std::sync::Arc;

use storage::Db;

use crate::client::Attachments;
use crate::limits::GuestLimiter;
use chassis::config::AnonymousAccess;

/// The worker's database, what guests may do, and the attachments service.
#[derive(Debug)]
pub struct App {
    pub(crate) db: Db,
    pub(crate) guests: Guests,
    pub(crate) attachments: Attachments,
}

/// What guests may do.
#[derive(Debug, Clone)]
pub(crate) struct Guests {
    pub(crate) access: AnonymousAccess,
    pub(crate) limiter: Arc<GuestLimiter>,
}

impl App {
    pub(crate) fn new(db: Db, guests: Guests, attachments: Attachments) -> Self {
        Self { db, guests, attachments }
    }
}
