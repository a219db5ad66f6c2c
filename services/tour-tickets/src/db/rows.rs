//! Rows, and the tickets they are. A row that is no ticket is a defect, and an error instead of a guess.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::Error as Diesel;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use domain::lines::tours::ToursStatus;
use domain::{Priority, Shown, Status, StatusWord as _, Subject, TicketKey};
use serde::Deserialize;
use uuid::Uuid;

use crate::model::{Category, Content, Identity, Moment, RoleContext, Row, Ticket, UserNumber};

/// A query for [`TicketRow`]s. It names the columns: a prepared `SELECT *` fails as soon as a migration adds one.
macro_rules! select_tickets {
    ($rest:literal) => {
        concat!(
            "SELECT ticket_id, ticket_key, version, owner, user_id, is_claim, role_context, full_name, email, subject, \
             category, message, status, line_status, priority, assignee, created_at, updated_at",
            $rest
        )
    };
}
pub(super) use select_tickets;

#[derive(Debug, Clone, QueryableByName)]
pub(super) struct TicketRow {
    #[diesel(sql_type = BigInt)]
    pub(super) ticket_id: i64,
    #[diesel(sql_type = SqlUuid)]
    pub(super) ticket_key: Uuid,
    #[diesel(sql_type = BigInt)]
    pub(super) version: i64,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) owner: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) user_id: Option<i64>,
    #[diesel(sql_type = Bool)]
    pub(super) is_claim: bool,
    #[diesel(sql_type = Text)]
    pub(super) role_context: String,
    #[diesel(sql_type = Text)]
    pub(super) full_name: String,
    #[diesel(sql_type = Text)]
    pub(super) email: String,
    #[diesel(sql_type = Text)]
    pub(super) subject: String,
    #[diesel(sql_type = Text)]
    pub(super) category: String,
    #[diesel(sql_type = Text)]
    pub(super) message: String,
    #[diesel(sql_type = Text)]
    pub(super) status: String,
    #[diesel(sql_type = Text)]
    pub(super) line_status: String,
    #[diesel(sql_type = Text)]
    pub(super) priority: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) assignee: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub(super) created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub(super) updated_at: DateTime<Utc>,
}

/// A reply as the database has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct StoredReply {
    pub(crate) id: Uuid,
    pub(crate) author: String,
    pub(crate) body: String,
    pub(crate) attachments: Vec<String>,
    pub(crate) at: DateTime<Utc>,
}

/// What another service may know of a ticket: what it is called, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub(crate) struct Reference {
    #[diesel(sql_type = BigInt)]
    pub(crate) ticket_id: i64,
    #[diesel(sql_type = SqlUuid)]
    pub(crate) ticket_key: Uuid,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) owner: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(crate) user_id: Option<i64>,
}

impl TryFrom<TicketRow> for Ticket {
    type Error = Diesel;

    fn try_from(row: TicketRow) -> Result<Self, Diesel> {
        let shown = Status::parse(&row.status)
            .zip(ToursStatus::parse(&row.line_status))
            .and_then(|(status, word)| Shown::stored(status, word))
            .ok_or_else(|| unreadable("status", &row.status))?;
        let priority = Priority::parse(&row.priority).ok_or_else(|| unreadable("priority", &row.priority))?;
        let role_context =
            RoleContext::parse(&row.role_context).ok_or_else(|| unreadable("role_context", &row.role_context))?;
        let category = Category::parse(&row.category).ok_or_else(|| unreadable("category", &row.category))?;
        Ok(Self::stored(Row {
            identity: Identity { id: row.ticket_id, key: TicketKey(row.ticket_key) },
            version: row.version,
            owner: row.owner.map(subject).transpose()?,
            content: Content {
                user: UserNumber { number: row.user_id, is_claim: row.is_claim },
                role_context,
                full_name: row.full_name,
                email: row.email,
                subject: row.subject,
                category,
                message: row.message,
            },
            shown,
            priority,
            assignee: row.assignee.map(subject).transpose()?,
            created_at: Moment(row.created_at),
            updated_at: Moment(row.updated_at),
        }))
    }
}

impl From<&Ticket> for TicketRow {
    fn from(ticket: &Ticket) -> Self {
        let row = ticket.row();
        let content = row.content.clone();
        Self {
            ticket_id: row.identity.id,
            ticket_key: row.identity.key.0,
            version: row.version,
            owner: row.owner.as_ref().map(ToString::to_string),
            user_id: content.user.number,
            is_claim: content.user.is_claim,
            role_context: content.role_context.text().to_owned(),
            full_name: content.full_name,
            email: content.email,
            subject: content.subject,
            category: content.category.text().to_owned(),
            message: content.message,
            status: row.shown.status().as_str().to_owned(),
            line_status: row.shown.word().text().unwrap_or_default().to_owned(),
            priority: row.priority.as_str().to_owned(),
            assignee: row.assignee.as_ref().map(ToString::to_string),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        }
    }
}

fn subject(text: String) -> Result<Subject, Diesel> {
    Subject::try_from(text).map_err(|error| Diesel::DeserializationError(Box::new(error)))
}

fn unreadable(column: &str, value: &str) -> Diesel {
    Diesel::DeserializationError(format!("the column {column} has {value:?}").into())
}
