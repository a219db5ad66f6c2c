//! Rows, and what they are. A row that is nothing of ours is a defect, and an error instead of a guess.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::result::Error as Diesel;
use diesel::sql_types::{Array, Binary, Integer, Nullable, Timestamptz};
use domain::lines::helpdesk::NoWord;
use domain::{Priority, Shown, Status, Subject, TicketKey};
use uuid::Uuid;

use super::schema::{notifications, tickets, users};
use crate::model::{About, Entry, Notification, Row, Ticket, Title, User, What};

/// What every read of a ticket selects. By name: a prepared `SELECT *` fails once a migration adds a column.
macro_rules! columns {
    () => {
        "tickets.id, tickets.ticket_key, tickets.version, tickets.conversation_id, tickets.title, tickets.author, \
         tickets.status, tickets.priority, tickets.assignee, tickets.opened, tickets.updated_at"
    };
}
pub(super) use columns;

#[derive(Debug, Clone, Queryable, QueryableByName, Selectable, Insertable)]
#[diesel(table_name = tickets, check_for_backend(Pg))]
pub(super) struct TicketRow {
    pub(super) id: i32,
    pub(super) ticket_key: Uuid,
    pub(super) version: i64,
    pub(super) conversation_id: i32,
    pub(super) title: String,
    pub(super) author: i32,
    pub(super) status: String,
    pub(super) priority: String,
    pub(super) assignee: Option<String>,
    pub(super) opened: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
}

impl TryFrom<TicketRow> for Ticket {
    type Error = Diesel;

    fn try_from(row: TicketRow) -> Result<Self, Diesel> {
        let shown = Status::parse(&row.status).and_then(|status| Shown::stored(status, NoWord));
        Ok(Self::stored(Row {
            id: row.id,
            key: TicketKey(row.ticket_key),
            version: row.version,
            conversation: row.conversation_id,
            title: Title::stored(row.title),
            author: row.author,
            shown: shown.ok_or_else(|| unreadable("status", &row.status))?,
            priority: Priority::parse(&row.priority).ok_or_else(|| unreadable("priority", &row.priority))?,
            assignee: row.assignee.map(subject).transpose()?,
            opened: row.opened,
            updated_at: row.updated_at,
        }))
    }
}

impl From<&Ticket> for TicketRow {
    fn from(ticket: &Ticket) -> Self {
        let row = ticket.row();
        Self {
            id: row.id,
            ticket_key: row.key.0,
            version: row.version,
            conversation_id: row.conversation,
            title: row.title.as_str().to_owned(),
            author: row.author,
            status: row.shown.status().as_str().to_owned(),
            priority: row.priority.as_str().to_owned(),
            assignee: row.assignee.as_ref().map(ToString::to_string),
            opened: row.opened,
            updated_at: row.updated_at,
        }
    }
}

#[derive(Debug, Clone, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = users, check_for_backend(Pg))]
pub(super) struct UserRow {
    pub(super) number: i32,
    pub(super) subject: String,
    pub(super) name: String,
    pub(super) is_super: bool,
    pub(super) is_support: bool,
}

impl TryFrom<UserRow> for User {
    type Error = Diesel;

    fn try_from(row: UserRow) -> Result<Self, Diesel> {
        Ok(Self {
            number: row.number,
            subject: subject(row.subject)?,
            name: row.name,
            is_super: row.is_super,
            is_support: row.is_support,
        })
    }
}

/// An entry, of whichever conversation the query asks for.
#[derive(Debug, Clone, QueryableByName)]
pub(super) struct EntryRow {
    #[diesel(sql_type = Integer)]
    pub(super) id: i32,
    #[diesel(sql_type = Timestamptz)]
    pub(super) at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Integer>)]
    pub(super) author: Option<i32>,
    #[diesel(sql_type = Nullable<Binary>)]
    pub(super) body: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Array<Integer>>)]
    pub(super) users: Option<Vec<i32>>,
}

impl TryFrom<EntryRow> for Entry {
    type Error = Diesel;

    fn try_from(row: EntryRow) -> Result<Self, Diesel> {
        let what = match (row.author, row.body, row.users) {
            (Some(author), Some(body), None) => What::NewMessage { author, body },
            (None, None, Some(users)) => What::UserJoined { users },
            _ => return Err(unreadable("entry", &row.id.to_string())),
        };
        Ok(Self { id: row.id, at: row.at, what })
    }
}

#[derive(Debug, Clone, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = notifications, check_for_backend(Pg))]
pub(super) struct NotificationRow {
    pub(super) id: i32,
    pub(super) at: DateTime<Utc>,
    pub(super) author: i32,
    pub(super) ticket: Option<i32>,
    pub(super) conversation: Option<i32>,
    pub(super) message: Option<i32>,
}

impl TryFrom<NotificationRow> for Notification {
    type Error = Diesel;

    fn try_from(row: NotificationRow) -> Result<Self, Diesel> {
        let about = match (row.ticket, row.conversation, row.message) {
            (Some(ticket), None, None) => About::Ticket { ticket },
            (None, Some(conversation), Some(message)) => About::Message { conversation, message },
            _ => return Err(unreadable("notification", &row.id.to_string())),
        };
        Ok(Self { id: row.id, at: row.at, author: row.author, about })
    }
}

/// Each row as what it is.
pub(super) fn all<R, T: TryFrom<R, Error = Diesel>>(rows: Vec<R>) -> Result<Vec<T>, Diesel> {
    rows.into_iter().map(T::try_from).collect()
}

fn subject(text: String) -> Result<Subject, Diesel> {
    Subject::try_from(text).map_err(|error| Diesel::DeserializationError(Box::new(error)))
}

fn unreadable(what: &str, value: &str) -> Diesel {
    Diesel::DeserializationError(format!("the {what} {value:?} is not one").into())
}
