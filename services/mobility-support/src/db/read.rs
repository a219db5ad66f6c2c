//! One ticket, as far as the caller may see it. Absent and foreign are the same answer of the same query.

use auth::Caller;
use diesel::prelude::*;
use diesel::result::Error as Diesel;
use diesel::sql_types::{BigInt, Binary, Bool, Json, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{Subject, TicketKey};
use storage::DbError;

use super::rows::{StoredMessage, TicketRow, columns};
use super::schema::tickets;
use crate::model::{Fingerprint, Ticket, TicketId};

/// A provider's own ticket, and whether it has accepted this very execution before.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) ticket: Ticket,
    pub(crate) is_accepted: bool,
}

/// Most messages in a snapshot: the newest. What an agent reads is the end of a conversation.
const MAX_MESSAGES: i64 = 500;
/// Most bytes of their texts, as JSON has them: the desk takes an answer of 16 MiB.
const MAX_TEXT_BYTES: i64 = 4 * 1024 * 1024;

/// A ticket with the newest of what was said about it.
#[derive(Debug)]
pub(crate) struct Detail {
    pub(crate) ticket: Ticket,
    /// Oldest first.
    pub(crate) messages: Vec<StoredMessage>,
    /// How many older ones are left out.
    pub(crate) omitted: usize,
}

/// Finds a provider's own ticket.
pub(crate) async fn find_own(
    conn: &mut AsyncPgConnection,
    provider: &Subject,
    id: &TicketId,
    execution: &Fingerprint,
) -> Result<Option<Found>, DbError> {
    #[derive(QueryableByName)]
    struct Read {
        #[diesel(embed)]
        ticket: TicketRow,
        #[diesel(sql_type = Bool)]
        is_accepted: bool,
    }
    let read: Option<Read> = storage::sql(concat!(
        "SELECT ",
        columns!(),
        ", EXISTS (SELECT 1 FROM executions WHERE executions.ticket_key = tickets.ticket_key \
         AND fingerprint = $3) AS is_accepted FROM tickets WHERE provider = $1 AND ticket_id = $2"
    ))
    .bind::<Text, _>(provider.as_str())
    .bind::<Text, _>(&id.0)
    .bind::<Binary, _>(execution.as_slice())
    .get_result(conn)
    .await
    .optional()?;
    let Some(read) = read else { return Ok(None) };
    Ok(Some(Found { ticket: read.ticket.try_into()?, is_accepted: read.is_accepted }))
}

/// Locks a provider's own ticket until the end of the transaction.
pub(crate) async fn lock_own(
    conn: &mut AsyncPgConnection,
    provider: &Subject,
    id: &TicketId,
) -> Result<Option<Ticket>, DbError> {
    let row: Option<TicketRow> = tickets::table
        .filter(tickets::provider.eq(provider.as_str()))
        .filter(tickets::ticket_id.eq(&id.0))
        .select(TicketRow::as_select())
        .for_update()
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(Ticket::try_from).transpose()?)
}

/// Whether a ticket has accepted this execution. Asked again under the lock, in a statement of its own: one that waits
/// for a lock sees other tables as they were before it waited.
pub(crate) async fn is_accepted(
    conn: &mut AsyncPgConnection,
    key: TicketKey,
    execution: &Fingerprint,
) -> Result<bool, DbError> {
    #[derive(QueryableByName)]
    struct Asked {
        #[diesel(sql_type = Bool)]
        is_accepted: bool,
    }
    let asked: Asked = storage::sql(
        "SELECT EXISTS (SELECT 1 FROM executions WHERE ticket_key = $1 AND fingerprint = $2) AS is_accepted",
    )
    .bind::<SqlUuid, _>(key.0)
    .bind::<Binary, _>(execution.as_slice())
    .get_result(conn)
    .await?;
    Ok(asked.is_accepted)
}

/// Locks a ticket that the caller may see until the end of the transaction.
pub(crate) async fn lock(
    conn: &mut AsyncPgConnection,
    key: TicketKey,
    caller: &Caller,
) -> Result<Option<Ticket>, DbError> {
    let mine = tickets::provider.eq(caller.subject().as_str());
    let row: Option<TicketRow> = tickets::table
        .filter(tickets::ticket_key.eq(key.0))
        .filter(mine.or(diesel::dsl::AsExprOf::<bool, Bool>::from(caller.is_support().into_sql::<Bool>())))
        .select(TicketRow::as_select())
        .for_update()
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(Ticket::try_from).transpose()?)
}

/// Reads a ticket with its newest messages in one round trip.
pub(crate) async fn find_detail(
    conn: &mut AsyncPgConnection,
    key: TicketKey,
    caller: &Caller,
) -> Result<Option<Detail>, DbError> {
    #[derive(QueryableByName)]
    struct Read {
        #[diesel(embed)]
        ticket: TicketRow,
        #[diesel(sql_type = Nullable<Json>)]
        messages: Option<serde_json::Value>,
        #[diesel(sql_type = BigInt)]
        written: i64,
    }
    let read: Option<Read> = storage::sql(concat!(
        "SELECT ",
        columns!(),
        ", (SELECT count(*) FROM messages WHERE messages.ticket_key = tickets.ticket_key) AS written, \
         (SELECT json_agg(json_build_object('id', message_id, 'author', author, 'body', body, 'at', created_at) \
         ORDER BY created_at, message_id) FROM (SELECT message_id, author, body, created_at, \
         sum(octet_length(to_json(body)::text)) OVER (ORDER BY created_at DESC, message_id DESC) AS bytes FROM \
         (SELECT message_id, author, body, created_at FROM messages WHERE messages.ticket_key = tickets.ticket_key \
         ORDER BY created_at DESC, message_id DESC LIMIT $4) AS newest) AS shown WHERE bytes <= $5) AS messages \
         FROM tickets WHERE ticket_key = $1 AND ($2 OR provider = $3)"
    ))
    .bind::<SqlUuid, _>(key.0)
    .bind::<Bool, _>(caller.is_support())
    .bind::<Text, _>(caller.subject().as_str())
    .bind::<BigInt, _>(MAX_MESSAGES)
    .bind::<BigInt, _>(MAX_TEXT_BYTES)
    .get_result(conn)
    .await
    .optional()?;
    let Some(read) = read else { return Ok(None) };
    let messages: Result<Vec<StoredMessage>, _> = read.messages.map_or(Ok(Vec::new()), serde_json::from_value);
    let messages = messages.map_err(|error| Diesel::DeserializationError(Box::new(error)))?;
    let omitted = usize::try_from(read.written).unwrap_or_default().saturating_sub(messages.len());
    Ok(Some(Detail { ticket: read.ticket.try_into()?, messages, omitted }))
}
