//! One ticket, as far as the caller may see it. Absent and foreign are the same answer of the same query.

use auth::Caller;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{Line, TicketKey};
use storage::DbError;

use super::rows::{TicketRow, columns};
use crate::model::Ticket;

/// Finds a ticket.
pub(crate) async fn find(
    conn: &mut AsyncPgConnection,
    key: TicketKey,
    caller: &Caller,
) -> Result<Option<Ticket>, DbError> {
    let lines: Vec<&str> = Line::ALL.into_iter().filter(|line| caller.may_use(*line)).map(Line::as_str).collect();
    let row: Option<TicketRow> = storage::sql(concat!(
        "SELECT ",
        columns!(),
        " FROM tickets WHERE ticket_key = $1 AND line = ANY ($2) AND ($3 OR requester = $4)"
    ))
    .bind::<SqlUuid, _>(key.0)
    .bind::<Array<Text>, _>(lines)
    .bind::<Bool, _>(caller.is_support())
    .bind::<Text, _>(caller.subject().as_str())
    .get_result(conn)
    .await
    .optional()?;
    Ok(row.map(Ticket::try_from).transpose()?)
}
