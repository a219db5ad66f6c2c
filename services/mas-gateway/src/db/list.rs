//! The list of a customer's tickets.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use storage::DbError;

use super::Owner;
use super::rows::{TicketRow, columns};
use crate::model::Ticket;

/// Most tickets in an answer; the list has no pages. A customer who is cut off every day has as many in 27 years.
const MAX_LISTED: i64 = 10_000;

/// When the tickets were created: from, and before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Filter {
    pub(crate) from: Option<DateTime<Utc>>,
    pub(crate) before: Option<DateTime<Utc>>,
}

/// The tickets of a customer that this caller made, newest first.
pub(crate) async fn list_own(
    conn: &mut AsyncPgConnection,
    owner: &Owner<'_>,
    filter: Filter,
) -> Result<Vec<Ticket>, DbError> {
    let rows: Vec<TicketRow> = storage::sql(concat!(
        "SELECT ",
        columns!(),
        " FROM tickets WHERE customer_number = $1 AND basic_user = $2 \
         AND ($3 IS NULL OR created_at >= $3) AND ($4 IS NULL OR created_at < $4) \
         ORDER BY transaction_id DESC LIMIT $5"
    ))
    .bind::<BigInt, _>(owner.customer.number())
    .bind::<Text, _>(owner.user)
    .bind::<Nullable<Timestamptz>, _>(filter.from)
    .bind::<Nullable<Timestamptz>, _>(filter.before)
    .bind::<BigInt, _>(MAX_LISTED)
    .load(conn)
    .await?;
    let tickets: Result<Vec<Ticket>, _> = rows.into_iter().map(Ticket::try_from).collect();
    Ok(tickets?)
}
