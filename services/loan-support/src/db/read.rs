//! One ticket, as far as the caller may see it. Absent and foreign are the same answer of the same query.

use auth::Caller;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Json, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use storage::DbError;

use super::rows::{StoredMessage, TicketRow, columns};
use super::schema::tickets;
use crate::model::{Ticket, TicketId};

/// Most messages in a snapshot: the newest. What an agent reads is the end of a conversation.
const MAX_MESSAGES: i64 = 500;
/// Most bytes of their texts, as JSON has them: the desk takes an answer of 16 MiB.
const MAX_TEXT_BYTES: i64 = 4 * 1024 * 1024;

/// A ticket with its messages.
#[derive(Debug)]
pub(crate) struct Detail {
    pub(crate) ticket: Ticket,
    /// Oldest first.
    pub(crate) messages: Vec<StoredMessage>,
    /// How many older ones are left out.
    pub(crate) omitted: usize,
}

/// Locks the ticket until the end of the transaction.
pub(crate) async fn lock(
    conn: &mut AsyncPgConnection,
    id: TicketId,
    caller: &Caller,
) -> Result<Option<Ticket>, DbError> {
    let mine = tickets::user_id.eq(caller.subject().as_str());
    #[cfg(feature = "bug-lost-update")]
    if storage::bugs::is_active("lost-update") {
        return Ok(find(conn, id, caller).await?.map(|found| found.ticket));
    }
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

/// Reads the ticket and all its messages in one round trip.
pub(crate) async fn find(
    conn: &mut AsyncPgConnection,
    id: TicketId,
    caller: &Caller,
) -> Result<Option<Detail>, DbError> {
    let found: Option<Found> = storage::sql(concat!(
        "SELECT ",
        columns!(),
        ", 0::bigint AS written, (SELECT json_agg(json_build_object('id', message_id, 'sender', sender, \
         'content', content, 'attachments', attachments, 'at', created_at) ORDER BY created_at, message_id) \
         FROM messages WHERE messages.ticket_key = tickets.ticket_key) AS messages \
         FROM tickets WHERE ticket_key = $1 AND ($2 OR user_id = $3)"
    ))
    .bind::<SqlUuid, _>(id.0.0)
    .bind::<Bool, _>(caller.is_support())
    .bind::<Text, _>(caller.subject().as_str())
    .get_result(conn)
    .await
    .optional()?;
    found.map(Detail::try_from).transpose()
}

/// As [`find`], with the newest messages only: for the desk.
pub(crate) async fn find_newest(
    conn: &mut AsyncPgConnection,
    id: TicketId,
    caller: &Caller,
) -> Result<Option<Detail>, DbError> {
    let found: Option<Found> = storage::sql(concat!(
        "SELECT ",
        columns!(),
        ", (SELECT count(*) FROM messages WHERE messages.ticket_key = tickets.ticket_key) AS written, \
         (SELECT json_agg(json_build_object('id', message_id, 'sender', sender, 'content', content, \
         'attachments', attachments, 'at', created_at) ORDER BY created_at, message_id) FROM \
         (SELECT message_id, sender, content, attachments, created_at, sum(octet_length(to_json(content)::text)) \
         OVER (ORDER BY created_at DESC, message_id DESC) AS bytes FROM \
         (SELECT message_id, sender, content, attachments, created_at FROM messages \
         WHERE messages.ticket_key = tickets.ticket_key ORDER BY created_at DESC, message_id DESC LIMIT $4) AS newest) \
         AS shown WHERE bytes <= $5) AS messages \
         FROM tickets WHERE ticket_key = $1 AND ($2 OR user_id = $3)"
    ))
    .bind::<SqlUuid, _>(id.0.0)
    .bind::<Bool, _>(caller.is_support())
    .bind::<Text, _>(caller.subject().as_str())
    .bind::<BigInt, _>(MAX_MESSAGES)
    .bind::<BigInt, _>(MAX_TEXT_BYTES)
    .get_result(conn)
    .await
    .optional()?;
    found.map(Detail::try_from).transpose()
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(embed)]
    ticket: TicketRow,
    #[diesel(sql_type = Nullable<Json>)]
    messages: Option<serde_json::Value>,
    /// How many messages there are; 0 if the statement has all of them.
    #[diesel(sql_type = BigInt)]
    written: i64,
}

impl TryFrom<Found> for Detail {
    type Error = DbError;

    fn try_from(found: Found) -> Result<Self, DbError> {
        let messages: Result<Vec<StoredMessage>, _> = found.messages.map_or(Ok(Vec::new()), serde_json::from_value);
        let messages = messages.map_err(|error| diesel::result::Error::DeserializationError(Box::new(error)))?;
        let omitted = usize::try_from(found.written).unwrap_or_default().saturating_sub(messages.len());
        Ok(Self { ticket: found.ticket.try_into()?, messages, omitted })
    }
}
