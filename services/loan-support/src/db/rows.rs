//! Rows, and the tickets they are. A row that is no ticket is a defect, and an error instead of a guess.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::result::Error as Diesel;
use domain::lines::loan::{LoanPriority, LoanStatus};
use domain::{Priority, Shown, Status, StatusWord as _, Subject, TicketKey};
use serde::Deserialize;
use uuid::Uuid;

use super::schema::tickets;
use crate::model::{Closing, Draft, Row, Ticket};

/// What every read of a ticket selects. By name: a prepared `SELECT *` fails once a migration adds a column.
macro_rules! columns {
    () => {
        "tickets.ticket_key, tickets.version, tickets.user_id, tickets.subject, tickets.description, \
         tickets.category_id, tickets.status, tickets.line_status, tickets.priority, tickets.line_priority, \
         tickets.assigned_agent, tickets.attachments, tickets.created_at, tickets.updated_at, tickets.closed_at, \
         tickets.resolution"
    };
}
pub(super) use columns;

#[derive(Debug, Clone, Queryable, QueryableByName, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tickets, check_for_backend(Pg), treat_none_as_null = true)]
pub(super) struct TicketRow {
    pub(super) ticket_key: Uuid,
    pub(super) version: i64,
    pub(super) user_id: String,
    pub(super) subject: String,
    pub(super) description: String,
    pub(super) category_id: String,
    pub(super) status: String,
    pub(super) line_status: String,
    pub(super) priority: String,
    pub(super) line_priority: String,
    pub(super) assigned_agent: Option<String>,
    pub(super) attachments: Vec<String>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
    pub(super) closed_at: Option<DateTime<Utc>>,
    pub(super) resolution: Option<String>,
}

/// A message as the database has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct StoredMessage {
    pub(crate) id: Uuid,
    pub(crate) sender: String,
    pub(crate) content: String,
    pub(crate) attachments: Vec<String>,
    pub(crate) at: DateTime<Utc>,
}

impl TryFrom<TicketRow> for Ticket {
    type Error = Diesel;

    fn try_from(row: TicketRow) -> Result<Self, Diesel> {
        let shown = Status::parse(&row.status)
            .zip(LoanStatus::parse(&row.line_status))
            .and_then(|(status, word)| Shown::stored(status, word))
            .ok_or_else(|| unreadable("status", &row.status))?;
        let word = LoanPriority::parse(&row.line_priority).ok_or_else(|| unreadable("priority", &row.line_priority))?;
        let priority = Priority::parse(&row.priority).ok_or_else(|| unreadable("priority", &row.priority))?;
        Ok(Self::stored(Row {
            key: TicketKey(row.ticket_key),
            version: row.version,
            user_id: subject(row.user_id)?,
            draft: Draft {
                subject: row.subject,
                description: row.description,
                category_id: row.category_id,
                priority: word,
                attachments: row.attachments,
            },
            shown,
            priority,
            assigned_agent: row.assigned_agent.map(subject).transpose()?,
            created_at: row.created_at,
            updated_at: row.updated_at,
            closing: row.closed_at.map(|at| Closing { at, resolution: row.resolution }),
        }))
    }
}

impl From<&Ticket> for TicketRow {
    fn from(ticket: &Ticket) -> Self {
        let row = ticket.row();
        Self {
            ticket_key: row.key.0,
            version: row.version,
            user_id: row.user_id.to_string(),
            subject: row.draft.subject.clone(),
            description: row.draft.description.clone(),
            category_id: row.draft.category_id.clone(),
            status: row.shown.status().as_str().to_owned(),
            line_status: row.shown.word().text().unwrap_or_default().to_owned(),
            priority: row.priority.as_str().to_owned(),
            line_priority: row.draft.priority.text().to_owned(),
            assigned_agent: row.assigned_agent.as_ref().map(ToString::to_string),
            attachments: row.draft.attachments.clone(),
            created_at: row.created_at,
            updated_at: row.updated_at,
            closed_at: row.closing.as_ref().map(|closing| closing.at),
            resolution: row.closing.as_ref().and_then(|closing| closing.resolution.clone()),
        }
    }
}

fn subject(text: String) -> Result<Subject, Diesel> {
    Subject::try_from(text).map_err(|error| Diesel::DeserializationError(Box::new(error)))
}

fn unreadable(column: &str, value: &str) -> Diesel {
    Diesel::DeserializationError(format!("the column {column} has {value:?}").into())
}
