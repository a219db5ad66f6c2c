//! The vocabulary of ticket events (events, section 4): facts in the past tense, ids and enums only.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Shown, Status, StatusWord, Subject};

/// What happened to a ticket or to its attachments. Serialises to the members an event has beyond the common ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum TicketEvent {
    /// A ticket was created.
    Opened {
        /// Who it is for; a guest has no subject.
        requester: Option<Subject>,
        /// The line's own category.
        category: Option<String>,
    },
    /// Content, priority or members changed.
    Updated {
        /// Names of the changed members, at least one.
        fields: Vec<String>,
    },
    /// The canonical status or the line's word changed, except to closed.
    StatusChanged {
        /// Canonical status before.
        from: Status,
        /// Canonical status after.
        to: Status,
        /// Line word before.
        line_from: Option<String>,
        /// Line word after.
        line_to: Option<String>,
    },
    /// The assignee was set, changed or removed.
    Assigned {
        /// Who has it now.
        assignee: Option<Subject>,
        /// Who had it.
        previous: Option<Subject>,
    },
    /// A public message was added.
    MessageAdded {
        /// The line's id of the message.
        message_id: String,
    },
    /// An attachment was added, or its metadata changed (attachment stream).
    AttachmentAdded {
        /// The attachment's id.
        attachment_id: String,
        /// What happened to it.
        change: AttachmentChange,
    },
    /// An attachment was removed (attachment stream).
    AttachmentRemoved {
        /// The attachment's id.
        attachment_id: String,
        /// Why.
        reason: RemovalReason,
    },
    /// The canonical status became closed.
    Closed {
        /// Canonical status before.
        from: Status,
        /// Line word before.
        line_from: Option<String>,
        /// Line word after.
        line_to: Option<String>,
    },
    /// The ticket is gone: the last event of its stream.
    Deleted {},
}

/// What happened to an attachment that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentChange {
    /// It is new on this ticket.
    Added,
    /// Its description changed.
    Metadata,
}

/// Why an attachment is no longer there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovalReason {
    /// Somebody deleted it.
    Deleted,
    /// It belongs to another ticket now.
    Moved,
    /// Its ticket was deleted.
    TicketDeleted,
}

impl TicketEvent {
    /// The event of a status that moved; `None` if neither the canonical status nor the word changed.
    #[must_use]
    pub fn moved<W: StatusWord>(from: Shown<W>, to: Shown<W>) -> Option<Self> {
        let text = |shown: Shown<W>| shown.word().text().map(str::to_owned);
        if from == to {
            return None;
        }
        Some(if to.status() == Status::Closed && from.status() != Status::Closed {
            Self::Closed { from: from.status(), line_from: text(from), line_to: text(to) }
        } else {
            Self::StatusChanged { from: from.status(), to: to.status(), line_from: text(from), line_to: text(to) }
        })
    }

    /// The event's type, as in the envelope and the routing key.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "ticket.opened",
            Self::Updated { .. } => "ticket.updated",
            Self::StatusChanged { .. } => "ticket.status_changed",
            Self::Assigned { .. } => "ticket.assigned",
            Self::MessageAdded { .. } => "ticket.message_added",
            Self::AttachmentAdded { .. } => "ticket.attachment_added",
            Self::AttachmentRemoved { .. } => "ticket.attachment_removed",
            Self::Closed { .. } => "ticket.closed",
            Self::Deleted {} => "ticket.deleted",
        }
    }

    /// The event of this type with these members. `Ok(None)` for a type this version does not know: it still counts for
    /// the stream's version. An error for members that are missing or of another type.
    pub fn parse(kind: &str, members: &Map<String, Value>) -> Result<Option<Self>, serde_json::Error> {
        Ok(Some(match kind {
            "ticket.opened" => {
                Self::Opened { requester: member(members, "requester")?, category: member(members, "category")? }
            }
            "ticket.updated" => Self::Updated { fields: member(members, "fields")? },
            "ticket.status_changed" => Self::StatusChanged {
                from: member(members, "from")?,
                to: member(members, "to")?,
                line_from: member(members, "lineFrom")?,
                line_to: member(members, "lineTo")?,
            },
            "ticket.assigned" => {
                Self::Assigned { assignee: member(members, "assignee")?, previous: member(members, "previous")? }
            }
            "ticket.message_added" => Self::MessageAdded { message_id: member(members, "messageId")? },
            "ticket.attachment_added" => Self::AttachmentAdded {
                attachment_id: member(members, "attachmentId")?,
                change: member(members, "change")?,
            },
            "ticket.attachment_removed" => Self::AttachmentRemoved {
                attachment_id: member(members, "attachmentId")?,
                reason: member(members, "reason")?,
            },
            "ticket.closed" => Self::Closed {
                from: member(members, "from")?,
                line_from: member(members, "lineFrom")?,
                line_to: member(members, "lineTo")?,
            },
            "ticket.deleted" => Self::Deleted {},
            _ => return Ok(None),
        }))
    }
}

fn member<T: serde::de::DeserializeOwned>(members: &Map<String, Value>, name: &str) -> Result<T, serde_json::Error> {
    serde_json::from_value(members.get(name).cloned().unwrap_or(Value::Null))
}
