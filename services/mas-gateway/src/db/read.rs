//! One ticket: as its Basic user sees it, as an agent sees it, and locked for a change.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Json, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::TicketKey;
use storage::DbError;

use super::rows::{StoredReply, TicketRow, columns};
use crate::model::{CustomerId, Ticket, TransactionId};

/// Whose tickets a caller sees: those of a customer that it made itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner<'a> {
    pub(crate) user: &'a str,
    pub(crate) customer: &'a CustomerId,
}

/// Most replies in a snapshot: the newest. What an agent reads is the end of the log.
const MAX_MESSAGES: i64 = 500;
/// Most bytes of their texts, as JSON has them: the desk takes an answer of 16 MiB.
const MAX_TEXT_BYTES: i64 = 4 * 1024 * 1024;

/// A ticket as agents see it.
#[derive(Debug)]
pub(crate) struct Detail {
    pub(crate) ticket: Ticket,
    /// The newest, oldest first.
    pub(crate) replies: Vec<StoredReply>,
    /// How many older ones are left out.
    pub(crate) omitted: usize,
    /// When the bus took the command to MAS; none while it waits.
    pub(crate) sent_at: Option<DateTime<Utc>>,
}

/// The ticket and the latest reply, if this caller made it for this customer: one round trip.
pub(crate) async fn find_own(
    conn: &mut AsyncPgConnection,
    owner: &Owner<'_>,
    transaction: TransactionId,
) -> Result<Option<(Ticket, Option<String>)>, DbError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(embed)]
        ticket: TicketRow,
        #[diesel(sql_type = Nullable<Text>)]
        latest_reply: Option<String>,
    }
    let found: Option<Found> = storage::sql(concat!(
        "SELECT ",
        columns!(),
        ", (SELECT body FROM messages WHERE messages.ticket_key = tickets.ticket_key \
         ORDER BY created_at DESC, message_id DESC LIMIT 1) AS latest_reply \
         FROM tickets WHERE transaction_id = $1 AND customer_number = $2 AND basic_user = $3"
    ))
    .bind::<BigInt, _>(transaction.0)
    .bind::<BigInt, _>(owner.customer.number())
    .bind::<Text, _>(owner.user)
    .get_result(conn)
    .await
    .optional()?;
    let Some(found) = found else { return Ok(None) };
    Ok(Some((found.ticket.try_into()?, found.latest_reply)))
}

/// The ticket with its newest replies and what became of its command, for agents: one round trip.
pub(crate) async fn find_detail(conn: &mut AsyncPgConnection, key: TicketKey) -> Result<Option<Detail>, DbError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(embed)]
        ticket: TicketRow,
        #[diesel(sql_type = Nullable<Json>)]
        replies: Option<serde_json::Value>,
        #[diesel(sql_type = BigInt)]
        written: i64,
        #[diesel(sql_type = Nullable<Timestamptz>)]
        sent_at: Option<DateTime<Utc>>,
    }
    let found: Option<Found> = storage::sql(concat!(
        "SELECT ",
        columns!(),
        ", (SELECT count(*) FROM messages WHERE messages.ticket_key = tickets.ticket_key) AS written, \
         (SELECT json_agg(json_build_object('id', message_id, 'author', author, 'body', body, 'at', created_at) \
         ORDER BY created_at, message_id) FROM (SELECT message_id, author, body, created_at, \
         sum(octet_length(to_json(body)::text)) OVER (ORDER BY created_at DESC, message_id DESC) AS bytes FROM \
         (SELECT message_id, author, body, created_at FROM messages WHERE messages.ticket_key = tickets.ticket_key \
         ORDER BY created_at DESC, message_id DESC LIMIT $2) AS newest) AS shown WHERE bytes <= $3) AS replies, \
         (SELECT published_at FROM outgoing_messages WHERE message_id = tickets.command_id) AS sent_at \
         FROM tickets WHERE ticket_key = $1"
    ))
    .bind::<SqlUuid, _>(key.0)
    .bind::<BigInt, _>(MAX_MESSAGES)
    .bind::<BigInt, _>(MAX_TEXT_BYTES)
    .get_result(conn)
    .await
    .optional()?;
    let Some(found) = found else { return Ok(None) };
    let replies: Result<Vec<StoredReply>, _> = found.replies.map_or(Ok(Vec::new()), serde_json::from_value);
    let replies = replies.map_err(|error| diesel::result::Error::DeserializationError(Box::new(error)))?;
    let omitted = usize::try_from(found.written).unwrap_or_default().saturating_sub(replies.len());
    Ok(Some(Detail { ticket: found.ticket.try_into()?, replies, omitted, sent_at: found.sent_at }))
}

/// Locks the ticket until the end of the transaction.
pub(crate) async fn lock(conn: &mut AsyncPgConnection, key: TicketKey) -> Result<Option<Ticket>, DbError> {
    let row: Option<TicketRow> =
        storage::sql(concat!("SELECT ", columns!(), " FROM tickets WHERE ticket_key = $1 FOR UPDATE"))
            .bind::<SqlUuid, _>(key.0)
            .get_result(conn)
            .await
            .optional()?;
    Ok(row.map(Ticket::try_from).transpose()?)
}

/// As [`lock`], for MAS, which knows the transaction only.
pub(crate) async fn lock_transaction(
    conn: &mut AsyncPgConnection,
    transaction: TransactionId,
) -> Result<Option<Ticket>, DbError> {
    let row: Option<TicketRow> =
        storage::sql(concat!("SELECT ", columns!(), " FROM tickets WHERE transaction_id = $1 FOR UPDATE"))
            .bind::<BigInt, _>(transaction.0)
            .get_result(conn)
            .await
            .optional()?;
    Ok(row.map(Ticket::try_from).transpose()?)
}
