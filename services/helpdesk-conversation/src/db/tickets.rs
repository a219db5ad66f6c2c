//! Tickets, as far as the caller may see them. Absent and foreign are the same answer of the same query.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{Subject, TicketKey};
use storage::DbError;

use super::rows::{TicketRow, columns};
use crate::model::{Ticket, User};

/// A ticket as the line shows it.
#[derive(Debug, Clone, QueryableByName)]
pub(crate) struct Listed {
    #[diesel(sql_type = Integer)]
    pub(crate) id: i32,
    #[diesel(sql_type = Text)]
    pub(crate) title: String,
    #[diesel(sql_type = Timestamptz)]
    pub(crate) opened: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    pub(crate) author: i32,
    #[diesel(sql_type = Integer)]
    pub(crate) conversation_id: i32,
    /// Ascending.
    #[diesel(sql_type = Array<Integer>)]
    pub(crate) members: Vec<i32>,
}

/// Whose tickets a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Those this user opened.
    OpenedBy(i32),
    /// Everybody's. For the support team.
    All,
}

/// Which part of a list: ids below `before`, at most `limit`; without them, all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) before: Option<i32>,
    pub(crate) limit: Option<i64>,
}

/// A page of tickets, ids descending.
pub(crate) async fn list(
    conn: &mut AsyncPgConnection,
    whose: Whose,
    before: Option<i32>,
    limit: i64,
) -> Result<Vec<Listed>, DbError> {
    // Two texts, because one plan cannot be good for both: by author, and over all.
    let query = match whose {
        Whose::All => storage::sql(
            "SELECT id, title, opened, author, conversation_id, ARRAY(SELECT user_number FROM members \
             WHERE members.conversation_id = tickets.conversation_id ORDER BY 1) AS members \
             FROM tickets WHERE id < $2 AND $1 IS NULL ORDER BY id DESC LIMIT $3",
        ),
        Whose::OpenedBy(_) => storage::sql(
            "SELECT id, title, opened, author, conversation_id, ARRAY(SELECT user_number FROM members \
             WHERE members.conversation_id = tickets.conversation_id ORDER BY 1) AS members \
             FROM tickets WHERE author = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        ),
    };
    let author = match whose {
        Whose::All => None,
        Whose::OpenedBy(user) => Some(user),
    };
    Ok(query
        .bind::<Nullable<Integer>, _>(author)
        // A plain comparison, whether there is a bound or not: it is where the index is entered.
        .bind::<BigInt, _>(before.map_or(i64::MAX, i64::from))
        .bind::<BigInt, _>(limit)
        .load(conn)
        .await?)
}

/// The ticket, for its author and for support.
pub(crate) async fn find(conn: &mut AsyncPgConnection, me: &User, id: i32) -> Result<Option<Listed>, DbError> {
    Ok(storage::sql(
        "SELECT id, title, opened, author, conversation_id, ARRAY(SELECT user_number FROM members \
         WHERE members.conversation_id = tickets.conversation_id ORDER BY 1) AS members \
         FROM tickets WHERE id = $1 AND ($2 OR author = $3)",
    )
    .bind::<Integer, _>(id)
    .bind::<Bool, _>(me.is_support)
    .bind::<Integer, _>(me.number)
    .get_result(conn)
    .await
    .optional()?)
}

/// Most messages in a snapshot: the newest. What an agent reads is the end of a conversation.
const MAX_MESSAGES: i64 = 500;
/// Most stored bytes of a snapshot's messages: the desk takes an answer of 16 MiB, and a message may have 64 KiB.
const MAX_BYTES: i64 = 4 * 1024 * 1024;

/// A ticket with its newest messages, as the desk shows it.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) ticket: Ticket,
    pub(crate) requester: Subject,
    pub(crate) members: Vec<i32>,
    /// Oldest first.
    pub(crate) messages: Vec<Written>,
}

impl Snapshot {
    /// How many messages the conversation has, those left out included.
    pub(crate) fn written(&self) -> usize {
        self.messages.as_slice().first().map_or(0, |message| usize::try_from(message.written).unwrap_or_default())
    }
}

/// A message of a snapshot.
#[derive(Debug, Clone, QueryableByName)]
pub(crate) struct Written {
    #[diesel(sql_type = Integer)]
    pub(crate) id: i32,
    #[diesel(sql_type = Text)]
    pub(crate) author: String,
    #[diesel(sql_type = diesel::sql_types::Binary)]
    pub(crate) body: Vec<u8>,
    #[diesel(sql_type = Timestamptz)]
    pub(crate) at: DateTime<Utc>,
    /// How many there are.
    #[diesel(sql_type = BigInt)]
    written: i64,
}

/// The conversation of a ticket, for its author and for support.
pub(crate) async fn conversation_of(
    conn: &mut AsyncPgConnection,
    me: &User,
    key: TicketKey,
) -> Result<Option<i32>, DbError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Integer)]
        conversation_id: i32,
    }
    let found: Option<Found> =
        storage::sql("SELECT conversation_id FROM tickets WHERE ticket_key = $1 AND ($2 OR author = $3)")
            .bind::<SqlUuid, _>(key.0)
            .bind::<Bool, _>(me.is_support)
            .bind::<Integer, _>(me.number)
            .get_result(conn)
            .await
            .optional()?;
    Ok(found.map(|found| found.conversation_id))
}

/// The ticket with its newest messages, for its author and for support.
pub(crate) async fn snapshot(
    conn: &mut AsyncPgConnection,
    me: &User,
    key: TicketKey,
) -> Result<Option<Snapshot>, DbError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(embed)]
        ticket: TicketRow,
        #[diesel(sql_type = Text)]
        requester: String,
        #[diesel(sql_type = Array<Integer>)]
        members: Vec<i32>,
    }
    let found: Option<Found> = storage::sql(concat!(
        "SELECT ",
        columns!(),
        ", (SELECT subject FROM users WHERE number = author) AS requester, \
         ARRAY(SELECT user_number FROM members WHERE members.conversation_id = tickets.conversation_id ORDER BY 1) \
         AS members FROM tickets WHERE ticket_key = $1 AND ($2 OR author = $3)"
    ))
    .bind::<SqlUuid, _>(key.0)
    .bind::<Bool, _>(me.is_support)
    .bind::<Integer, _>(me.number)
    .get_result(conn)
    .await
    .optional()?;
    let Some(found) = found else { return Ok(None) };
    let requester = Subject::try_from(found.requester)
        .map_err(|error| diesel::result::Error::DeserializationError(Box::new(error)))?;
    let messages = newest_messages(conn, found.ticket.conversation_id).await?;
    Ok(Some(Snapshot { ticket: found.ticket.try_into()?, requester, members: found.members, messages }))
}

async fn newest_messages(conn: &mut AsyncPgConnection, conversation: i32) -> Result<Vec<Written>, DbError> {
    Ok(storage::sql(
        "SELECT shown.id, users.subject AS author, shown.body, shown.at, (SELECT count(*) FROM entries \
         WHERE conversation_id = $1 AND author IS NOT NULL) AS written FROM (SELECT id, author, body, at, \
         sum(octet_length(body)) OVER (ORDER BY id DESC) AS bytes FROM (SELECT id, author, body, at FROM entries \
         WHERE conversation_id = $1 AND author IS NOT NULL ORDER BY id DESC LIMIT $2) AS newest) AS shown \
         JOIN users ON users.number = shown.author WHERE shown.bytes <= $3 ORDER BY shown.id",
    )
    .bind::<Integer, _>(conversation)
    .bind::<BigInt, _>(MAX_MESSAGES)
    .bind::<BigInt, _>(MAX_BYTES)
    .load(conn)
    .await?)
}
