//! Rows, and the tickets they are. A row that is no ticket is a defect, and an error instead of a guess.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::Error as Diesel;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use domain::lines::mas::MasStatus;
use domain::{Priority, Shown, Status, StatusWord as _, Subject, TicketKey};
use serde::Deserialize;
use uuid::Uuid;

use crate::model::{Closing, CustomerId, Outcome, Row, Settled, Submission, Ticket, TransactionId};

/// What every read of a ticket selects. By name: a prepared `SELECT *` fails once a migration adds a column.
macro_rules! columns {
    () => {
        "ticket_key, transaction_id, version, basic_user, profile_id, tracking_id, customer_id, request, status, \
         line_status, priority, assignee, outcome, outcome_detail, closed_at, closed_by, created_at, updated_at"
    };
}
pub(super) use columns;

#[derive(QueryableByName)]
pub(super) struct TicketRow {
    #[diesel(sql_type = SqlUuid)]
    ticket_key: Uuid,
    #[diesel(sql_type = BigInt)]
    transaction_id: i64,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Text)]
    basic_user: String,
    #[diesel(sql_type = Text)]
    profile_id: String,
    #[diesel(sql_type = Text)]
    tracking_id: String,
    #[diesel(sql_type = Text)]
    customer_id: String,
    #[diesel(sql_type = Jsonb)]
    request: serde_json::Value,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = Text)]
    line_status: String,
    #[diesel(sql_type = Text)]
    priority: String,
    #[diesel(sql_type = Nullable<Text>)]
    assignee: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    outcome: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    outcome_detail: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    closed_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    closed_by: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    updated_at: DateTime<Utc>,
}

/// A reply as the database has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct StoredReply {
    pub(crate) id: Uuid,
    pub(crate) author: String,
    pub(crate) body: String,
    pub(crate) at: DateTime<Utc>,
}

impl TryFrom<TicketRow> for Ticket {
    type Error = Diesel;

    fn try_from(row: TicketRow) -> Result<Self, Diesel> {
        let shown = Status::parse(&row.status)
            .zip(MasStatus::parse(&row.line_status))
            .and_then(|(status, word)| Shown::stored(status, word))
            .ok_or_else(|| unreadable("status"))?;
        let settled = row.outcome.map(|text| {
            let outcome = Outcome::parse(&text).ok_or_else(|| unreadable("outcome"))?;
            Ok::<_, Diesel>(Settled { outcome, detail: row.outcome_detail })
        });
        Ok(Self::stored(Row {
            key: TicketKey(row.ticket_key),
            transaction_id: TransactionId(row.transaction_id),
            version: row.version,
            submission: Submission {
                user: row.basic_user,
                profile: subject(row.profile_id)?,
                tracking_id: row.tracking_id,
                customer: CustomerId::parse(&row.customer_id).ok_or_else(|| unreadable("customer_id"))?,
                draft: serde_json::from_value(row.request).map_err(|_| unreadable("request"))?,
            },
            shown,
            priority: Priority::parse(&row.priority).ok_or_else(|| unreadable("priority"))?,
            assignee: row.assignee.map(subject).transpose()?,
            settled: settled.transpose()?,
            closing: row.closed_at.zip(row.closed_by).map(|(at, by)| Closing { at, by }),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }))
    }
}

fn subject(text: String) -> Result<Subject, Diesel> {
    Subject::try_from(text).map_err(|error| Diesel::DeserializationError(Box::new(error)))
}

/// Without the value: it would be logged.
fn unreadable(column: &str) -> Diesel {
    Diesel::DeserializationError(format!("the column {column} is unreadable").into())
}
