//! One attachment: where a file is and what it is called. The server never fetches it.

use chrono::{DateTime, Utc};

use super::FileId;

/// What clients set, and a PUT replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) file_url: String,
    pub(crate) file_name: String,
    pub(crate) mime_type: Option<String>,
    pub(crate) file_size_bytes: Option<i64>,
}

/// What a client sends, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) ticket_id: i64,
    pub(crate) content: Content,
    /// Counts when the attachment is created, and never after.
    pub(crate) uploaded_at: Option<DateTime<Utc>>,
    /// The file of ours that `fileUrl` names.
    pub(crate) names: Option<FileId>,
}

/// An attachment of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attachment {
    pub(crate) id: i64,
    pub(crate) ticket_id: i64,
    pub(crate) content: Content,
    pub(crate) uploaded_at: DateTime<Utc>,
    /// The file of ours that whoever sees the ticket may read.
    pub(crate) file_id: Option<FileId>,
}
