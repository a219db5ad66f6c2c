//! Rows, and the tickets they are. A row that is no ticket is a defect, and an error instead of a guess.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::result::Error as Diesel;
use domain::lines::mobility::{MobilityPriority, MobilityStatus};
use domain::{Priority, Shown, Status, StatusWord as _, Subject, TicketKey};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::schema::tickets;
use crate::model::{Row, Sent, Ticket, TicketId};

/// What every read of a ticket selects. By name: a prepared `SELECT *` fails once a migration adds a column.
macro_rules! columns {
    () => {
        "tickets.ticket_key, tickets.version, tickets.provider, tickets.ticket_id, tickets.status, \
         tickets.line_status, tickets.priority, tickets.sequence, tickets.content, tickets.sent_priority, \
         tickets.sent_comment, tickets.description, tickets.assignee, tickets.created_at, tickets.updated_at"
    };
}
pub(super) use columns;

#[derive(Debug, Clone, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = tickets, check_for_backend(Pg))]
pub(super) struct TicketRow {
    pub(super) ticket_key: Uuid,
    pub(super) version: i64,
    pub(super) provider: String,
    pub(super) ticket_id: String,
    pub(super) status: String,
    pub(super) line_status: String,
    pub(super) priority: String,
    pub(super) sequence: i16,
    pub(super) content: Value,
    pub(super) sent_priority: Option<String>,
    pub(super) sent_comment: Option<String>,
    pub(super) description: Option<String>,
    pub(super) assignee: Option<String>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
}

/// A message as the database has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct StoredMessage {
    pub(crate) id: Uuid,
    pub(crate) author: String,
    pub(crate) body: String,
    pub(crate) at: DateTime<Utc>,
}

impl TryFrom<TicketRow> for Ticket {
    type Error = Diesel;

    fn try_from(row: TicketRow) -> Result<Self, Diesel> {
        let shown = Status::parse(&row.status)
            .zip(MobilityStatus::parse(&row.line_status))
            .and_then(|(status, word)| Shown::stored(status, word))
            .ok_or_else(|| unreadable("status", &row.status))?;
        let priority = Priority::parse(&row.priority).ok_or_else(|| unreadable("priority", &row.priority))?;
        let word = |text: String| MobilityPriority::parse(&text).ok_or_else(|| unreadable("sent_priority", &text));
        Ok(Self::stored(Row {
            key: TicketKey(row.ticket_key),
            version: row.version,
            provider: subject(row.provider)?,
            id: TicketId(row.ticket_id),
            shown,
            priority,
            sequence: row.sequence,
            content: serde_json::from_value(row.content)
                .map_err(|error| Diesel::DeserializationError(Box::new(error)))?,
            sent: Sent { priority: row.sent_priority.map(word).transpose()?, comment: row.sent_comment },
            description: row.description,
            assignee: row.assignee.map(subject).transpose()?,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }))
    }
}

impl From<&Ticket> for TicketRow {
    fn from(ticket: &Ticket) -> Self {
        let row = ticket.row();
        Self {
            ticket_key: row.key.0,
            version: row.version,
            provider: row.provider.to_string(),
            ticket_id: row.id.to_string(),
            status: row.shown.status().as_str().to_owned(),
            line_status: row.shown.word().text().unwrap_or_default().to_owned(),
            priority: row.priority.as_str().to_owned(),
            sequence: row.sequence,
            // Texts, numbers and maps with text keys: there is nothing in it that JSON cannot say.
            content: serde_json::to_value(&row.content).unwrap_or_default(),
            sent_priority: row.sent.priority.map(|word| word.text().to_owned()),
            sent_comment: row.sent.comment.clone(),
            description: row.description.clone(),
            assignee: row.assignee.as_ref().map(ToString::to_string),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

pub(super) fn subject(text: String) -> Result<Subject, Diesel> {
    Subject::try_from(text).map_err(|error| Diesel::DeserializationError(Box::new(error)))
}

fn unreadable(column: &str, value: &str) -> Diesel {
    Diesel::DeserializationError(format!("the column {column} has {value:?}").into())
}
