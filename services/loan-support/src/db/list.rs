//! The list of a caller's own tickets.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::StatusWord as _;
use domain::Subject;
use domain::lines::loan::{LoanPriority, LoanStatus};
use storage::DbError;
use uuid::Uuid;

/// Which of the own tickets, and which page of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) status: Option<LoanStatus>,
    pub(crate) priority: Option<LoanPriority>,
    pub(crate) page: i64,
    pub(crate) limit: i64,
}

/// A ticket as the list shows it.
#[derive(Debug, Clone, QueryableByName)]
pub(crate) struct Listed {
    #[diesel(sql_type = SqlUuid)]
    pub(crate) ticket_key: Uuid,
    #[diesel(sql_type = Text)]
    pub(crate) subject: String,
    #[diesel(sql_type = Text)]
    pub(crate) line_status: String,
    #[diesel(sql_type = Text)]
    pub(crate) line_priority: String,
    #[diesel(sql_type = Timestamptz)]
    pub(crate) created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub(crate) updated_at: DateTime<Utc>,
    /// How many tickets match, on all pages.
    #[diesel(sql_type = BigInt)]
    pub(crate) total: i64,
}

/// A page and, on each of its rows, the number of all that match: one round trip.
pub(crate) async fn list_own(
    conn: &mut AsyncPgConnection,
    user: &Subject,
    filter: &Filter,
) -> Result<Vec<Listed>, DbError> {
    Ok(storage::sql(
        "SELECT ticket_key, subject, line_status, line_priority, created_at, updated_at, \
         (SELECT count(*) FROM tickets WHERE user_id = $1 AND ($2 IS NULL OR line_status = $2) \
         AND ($3 IS NULL OR line_priority = $3)) AS total \
         FROM tickets WHERE user_id = $1 AND ($2 IS NULL OR line_status = $2) \
         AND ($3 IS NULL OR line_priority = $3) \
         ORDER BY created_at DESC, ticket_key DESC LIMIT $4 OFFSET $5",
    )
    .bind::<Text, _>(user.as_str())
    .bind::<Nullable<Text>, _>(filter.status.and_then(|status| status.text()))
    .bind::<Nullable<Text>, _>(filter.priority.map(LoanPriority::text))
    .bind::<BigInt, _>(filter.limit)
    .bind::<BigInt, _>((filter.page - 1) * filter.limit)
    .load(conn)
    .await?)
}

/// The number of tickets that match, for a page after the last.
pub(crate) async fn count_own(conn: &mut AsyncPgConnection, user: &Subject, filter: &Filter) -> Result<i64, DbError> {
    #[derive(QueryableByName)]
    struct Counted {
        #[diesel(sql_type = BigInt)]
        total: i64,
    }
    let counted: Counted = storage::sql(
        "SELECT count(*) AS total FROM tickets WHERE user_id = $1 AND ($2 IS NULL OR line_status = $2) \
         AND ($3 IS NULL OR line_priority = $3)",
    )
    .bind::<Text, _>(user.as_str())
    .bind::<Nullable<Text>, _>(filter.status.and_then(|status| status.text()))
    .bind::<Nullable<Text>, _>(filter.priority.map(LoanPriority::text))
    .get_result(conn)
    .await?;
    Ok(counted.total)
}
