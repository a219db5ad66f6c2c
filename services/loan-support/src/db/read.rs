//! One ticket, as far as the caller may see it. Absent and foreign are the same answer of the same query.

use auth::Caller;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Json, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use storage::DbError;

use super::rows::{StoredMessage, TicketRow};
use super::schema::tickets;
use crate::model::{Ticket, TicketId};

/// A ticket with its messages, oldest first.
#[derive(Debug)]
pub(crate) struct Detail {
    pub(crate) ticket: Ticket,
    pub(crate) messages: Vec<StoredMessage>,
}

/// Locks the ticket until the end of the transaction.
pub(crate) async fn lock(
    conn: &mut AsyncPgConnection,
    id: TicketId,
    caller: &Caller,
) -> Result<Option<Ticket>, DbError> {
    let mine = tickets::user_id.eq(caller.subject().as_str());
    let row = tickets::table
        .filter(tickets::ticket_key.eq(id.0.0))
        .filter(mine.or(diesel::dsl::AsExprOf::<bool, Bool>::from(caller.is_support().into_sql::<Bool>())))
        .select(TicketRow::as_select())
        .for_update()
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(Ticket::try_from).transpose()?)
}

/// Reads the ticket and its messages in one round trip.
pub(crate) async fn find(
    conn: &mut AsyncPgConnection,
    id: TicketId,
    caller: &Caller,
) -> Result<Option<Detail>, DbError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(embed)]
        ticket: TicketRow,
        #[diesel(sql_type = Nullable<Json>)]
        messages: Option<serde_json::Value>,
    }
    let found: Option<Found> = storage::sql(
        "SELECT tickets.*, (SELECT json_agg(json_build_object('id', message_id, 'sender', sender, \
         'content', content, 'attachments', attachments, 'at', created_at) ORDER BY created_at, message_id) \
         FROM messages WHERE messages.ticket_key = tickets.ticket_key) AS messages \
         FROM tickets WHERE ticket_key = $1 AND ($2 OR user_id = $3)",
    )
    .bind::<SqlUuid, _>(id.0.0)
    .bind::<Bool, _>(caller.is_support())
    .bind::<Text, _>(caller.subject().as_str())
    .get_result(conn)
    .await
    .optional()?;
    let Some(found) = found else { return Ok(None) };
    let messages = found.messages.map_or(Ok(Vec::new()), serde_json::from_value);
    let messages = messages.map_err(|error| diesel::result::Error::DeserializationError(Box::new(error)))?;
    Ok(Some(Detail { ticket: found.ticket.try_into()?, messages }))
}
