//! What agents see of a ticket, the same for every line.

use chrono::{DateTime, Utc};
use domain::{Line, Priority, Status, Subject, TicketKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The part of a ticket that agents change; the answer to every change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Head {
    /// The ticket's key over all lines.
    #[schema(value_type = uuid::Uuid)]
    pub ticket_key: TicketKey,
    /// Number of events so far.
    pub version: i64,
    /// Canonical status.
    #[schema(value_type = String)]
    pub status: Status,
    /// The line's word for it.
    pub line_status: Option<String>,
    /// Canonical priority.
    #[schema(value_type = String)]
    pub priority: Priority,
    /// The agent who has it.
    #[schema(value_type = Option<String>)]
    pub assignee: Option<Subject>,
}

/// A ticket with its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Snapshot {
    /// The part that agents change.
    #[serde(flatten)]
    pub head: Head,
    /// The ticket's line.
    #[schema(value_type = String)]
    pub line: Line,
    /// The id the line's clients use.
    pub ticket_id: String,
    /// What it is about.
    pub subject: String,
    /// The first text, if the line has one beside the messages.
    pub description: Option<String>,
    /// Who asked; null for a guest.
    #[schema(value_type = Option<String>)]
    pub requester: Option<Subject>,
    /// Ids of files that came with the ticket.
    pub attachments: Vec<String>,
    /// Public messages, oldest first.
    pub messages: Vec<Message>,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: DateTime<Utc>,
    /// The line's own fields.
    #[schema(value_type = Object)]
    pub line_fields: serde_json::Map<String, serde_json::Value>,
}

/// A public message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// The line's id of it.
    pub id: String,
    /// Who wrote it.
    pub author: String,
    /// The text.
    pub body: String,
    /// Ids of files that came with it.
    pub attachments: Vec<String>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: DateTime<Utc>,
}
