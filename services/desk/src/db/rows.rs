//! Rows, and the tickets they are. A row that is no ticket is a defect, and an error instead of a guess.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::result::Error as Diesel;
use domain::{Priority, Status, Subject, TicketKey};
use uuid::Uuid;

use super::schema::tickets;
use crate::model::Ticket;

/// What every read of a ticket selects. By name: a prepared `SELECT *` fails once a migration adds a column.
macro_rules! columns {
    () => {
        "ticket_key, line, ticket_id, version, status, line_status, priority, requester, assignee, category, source, \
         created_at, updated_at"
    };
}
pub(super) use columns;

#[derive(Debug, Clone, QueryableByName)]
#[diesel(table_name = tickets, check_for_backend(Pg))]
pub(super) struct TicketRow {
    ticket_key: Uuid,
    line: String,
    ticket_id: String,
    version: i64,
    status: String,
    line_status: Option<String>,
    priority: String,
    requester: Option<String>,
    assignee: Option<String>,
    category: Option<String>,
    source: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<TicketRow> for Ticket {
    type Error = Diesel;

    fn try_from(row: TicketRow) -> Result<Self, Diesel> {
        Ok(Self {
            key: TicketKey(row.ticket_key),
            line: row.line.parse().map_err(|_| unreadable("line", &row.line))?,
            ticket_id: row.ticket_id,
            version: row.version,
            status: Status::parse(&row.status).ok_or_else(|| unreadable("status", &row.status))?,
            line_status: row.line_status,
            priority: Priority::parse(&row.priority).ok_or_else(|| unreadable("priority", &row.priority))?,
            requester: row.requester.map(subject).transpose()?,
            assignee: row.assignee.map(subject).transpose()?,
            category: row.category,
            source: row.source,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

fn subject(text: String) -> Result<Subject, Diesel> {
    Subject::try_from(text).map_err(|error| Diesel::DeserializationError(Box::new(error)))
}

fn unreadable(column: &str, value: &str) -> Diesel {
    Diesel::DeserializationError(format!("the column {column} has {value:?}").into())
}
