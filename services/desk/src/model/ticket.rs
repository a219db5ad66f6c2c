//! A ticket as the desk lists it.

use chrono::{DateTime, Utc};
use domain::{Line, Priority, Status, Subject, TicketKey};
use web::agent_api::Snapshot;

/// A ticket of any line: the state that events carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) key: TicketKey,
    pub(crate) line: Line,
    pub(crate) ticket_id: String,
    /// Number of events so far.
    pub(crate) version: i64,
    pub(crate) status: Status,
    pub(crate) line_status: Option<String>,
    pub(crate) priority: Priority,
    pub(crate) requester: Option<Subject>,
    pub(crate) assignee: Option<Subject>,
    pub(crate) category: Option<String>,
    /// The name of the service that owns it.
    pub(crate) source: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl Ticket {
    /// The newer of two states. The owner's is ahead while an event is on its way, so that a caller reads what it
    /// just wrote; it is behind only if the owner was set back to a backup.
    pub(crate) fn caught_up(self, owner: &Snapshot) -> Self {
        if owner.head.version <= self.version {
            return self;
        }
        Self {
            version: owner.head.version,
            status: owner.head.status,
            line_status: owner.head.line_status.clone(),
            priority: owner.head.priority,
            assignee: owner.head.assignee.clone(),
            updated_at: owner.updated_at,
            ..self
        }
    }
}
