//! One ticket, as far as somebody may see it. Absent and foreign are the same answer of the same query.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Json, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::TicketKey;
use storage::DbError;

use super::rows::{Reference, StoredReply, TicketRow, select_tickets};
use crate::model::{Sight, Ticket};

/// A ticket with its newest replies, oldest first.
#[derive(Debug)]
pub(crate) struct Detail {
    pub(crate) ticket: Ticket,
    pub(crate) replies: Vec<StoredReply>,
}

/// Reads the ticket.
pub(crate) async fn find(conn: &mut AsyncPgConnection, id: i64, sight: &Sight) -> Result<Option<Ticket>, DbError> {
    let row: Option<TicketRow> =
        storage::sql(select_tickets!(" FROM tickets WHERE ticket_id = $1 AND ($2 OR owner = $3 OR user_id = $4)"))
            .bind::<BigInt, _>(id)
            .bind::<Bool, _>(*sight == Sight::All)
            .bind::<Nullable<Text>, _>(subject(sight))
            .bind::<Nullable<BigInt>, _>(number(sight))
            .get_result(conn)
            .await
            .optional()?;
    Ok(row.map(Ticket::try_from).transpose()?)
}

/// Locks the ticket until the end of the transaction.
pub(crate) async fn lock(conn: &mut AsyncPgConnection, id: i64, sight: &Sight) -> Result<Option<Ticket>, DbError> {
    let row: Option<TicketRow> = storage::sql(select_tickets!(
        " FROM tickets WHERE ticket_id = $1 AND ($2 OR owner = $3 OR user_id = $4) FOR UPDATE"
    ))
    .bind::<BigInt, _>(id)
    .bind::<Bool, _>(*sight == Sight::All)
    .bind::<Nullable<Text>, _>(subject(sight))
    .bind::<Nullable<BigInt>, _>(number(sight))
    .get_result(conn)
    .await
    .optional()?;
    Ok(row.map(Ticket::try_from).transpose()?)
}

/// As [`lock`], by the key that names the ticket over all lines.
pub(crate) async fn lock_by_key(
    conn: &mut AsyncPgConnection,
    key: TicketKey,
    sight: &Sight,
) -> Result<Option<Ticket>, DbError> {
    let row: Option<TicketRow> = storage::sql(select_tickets!(
        " FROM tickets WHERE ticket_key = $1 AND ($2 OR owner = $3 OR user_id = $4) FOR UPDATE"
    ))
    .bind::<SqlUuid, _>(key.0)
    .bind::<Bool, _>(*sight == Sight::All)
    .bind::<Nullable<Text>, _>(subject(sight))
    .bind::<Nullable<BigInt>, _>(number(sight))
    .get_result(conn)
    .await
    .optional()?;
    Ok(row.map(Ticket::try_from).transpose()?)
}

/// Reads the ticket and its newest replies in one round trip.
pub(crate) async fn find_detail(
    conn: &mut AsyncPgConnection,
    key: TicketKey,
    sight: &Sight,
) -> Result<Option<Detail>, DbError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(embed)]
        ticket: TicketRow,
        #[diesel(sql_type = Nullable<Json>)]
        replies: Option<serde_json::Value>,
    }
    // At most the newest 500: an answer has to have an end, and nobody reads on from there.
    let found: Option<Found> = storage::sql(select_tickets!(
        ", (SELECT json_agg(json_build_object('id', reply_id, 'author', author, 'body', body, \
         'attachments', attachments, 'at', at) ORDER BY at, reply_id) \
         FROM (SELECT reply_id, author, body, attachments, replies.created_at AS at FROM replies \
         WHERE replies.ticket_id = tickets.ticket_id \
         ORDER BY replies.created_at DESC, reply_id DESC LIMIT 500) AS newest) AS replies \
         FROM tickets WHERE ticket_key = $1 AND ($2 OR owner = $3 OR user_id = $4)"
    ))
    .bind::<SqlUuid, _>(key.0)
    .bind::<Bool, _>(*sight == Sight::All)
    .bind::<Nullable<Text>, _>(subject(sight))
    .bind::<Nullable<BigInt>, _>(number(sight))
    .get_result(conn)
    .await
    .optional()?;
    let Some(found) = found else { return Ok(None) };
    let replies = found.replies.map_or(Ok(Vec::new()), serde_json::from_value);
    let replies = replies.map_err(|error| diesel::result::Error::DeserializationError(Box::new(error)))?;
    Ok(Some(Detail { ticket: found.ticket.try_into()?, replies }))
}

/// Whether somebody sees the ticket.
pub(crate) async fn sees(conn: &mut AsyncPgConnection, key: TicketKey, sight: &Sight) -> Result<bool, DbError> {
    let rows = storage::sql("SELECT 1 FROM tickets WHERE ticket_key = $1 AND ($2 OR owner = $3 OR user_id = $4)")
        .bind::<SqlUuid, _>(key.0)
        .bind::<Bool, _>(*sight == Sight::All)
        .bind::<Nullable<Text>, _>(subject(sight))
        .bind::<Nullable<BigInt>, _>(number(sight))
        .execute(conn)
        .await?;
    Ok(rows > 0)
}

/// What a ticket is called and whose it is, for another service.
pub(crate) async fn find_reference(conn: &mut AsyncPgConnection, id: i64) -> Result<Option<Reference>, DbError> {
    Ok(storage::sql("SELECT ticket_id, ticket_key, owner, user_id FROM tickets WHERE ticket_id = $1")
        .bind::<BigInt, _>(id)
        .get_result(conn)
        .await
        .optional()?)
}

fn subject(sight: &Sight) -> Option<&str> {
    match sight {
        Sight::All => None,
        Sight::Own { subject, .. } => Some(subject.as_str()),
    }
}

fn number(sight: &Sight) -> Option<i64> {
    match sight {
        Sight::All => None,
        Sight::Own { number, .. } => *number,
    }
}
