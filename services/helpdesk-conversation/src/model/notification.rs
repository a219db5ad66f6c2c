//! What a user is told who is not looking.

use chrono::{DateTime, Utc};

/// A notification of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notification {
    pub(crate) id: i32,
    pub(crate) at: DateTime<Utc>,
    /// Who wrote the message or opened the ticket.
    pub(crate) author: i32,
    pub(crate) about: About,
}

/// What a notification points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// A new ticket.
    Ticket { ticket: i32 },
    /// A new message, by its entry id.
    Message { conversation: i32, message: i32 },
}
