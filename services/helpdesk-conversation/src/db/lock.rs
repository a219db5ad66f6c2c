//! What a change reads first: the ticket under its lock, and who is concerned.
//!
//! A statement sees what was committed when it began, and a lock may be waited for. So the ticket is locked by one
//! statement, and what the lock protects (members, entry ids) is read by the next one.

use auth::Caller;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Integer, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::TicketKey;
use storage::DbError;

use super::rows::{TicketRow, UserRow, columns};
use super::schema::tickets;
use crate::model::{EntryIds, Person, Ticket, User};

/// A ticket, by the id of the line or by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Id(i32),
    Key(TicketKey),
}

/// Locks a ticket until the end of the transaction. For the support team: it sees every ticket.
pub(crate) async fn lock(conn: &mut AsyncPgConnection, which: Which) -> Result<Option<Ticket>, DbError> {
    let query = tickets::table.select(TicketRow::as_select()).for_update();
    let row = match which {
        Which::Id(id) => query.filter(tickets::id.eq(id)).first(conn).await,
        Which::Key(key) => query.filter(tickets::ticket_key.eq(key.0)).first(conn).await,
    };
    Ok(row.optional()?.map(Ticket::try_from).transpose()?)
}

/// Locks the ticket of a conversation that the caller is a member of, and tells who the caller is.
pub(crate) async fn lock_as_member(
    conn: &mut AsyncPgConnection,
    conversation: i32,
    caller: &Caller,
) -> Result<Option<(Ticket, User)>, DbError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(embed)]
        ticket: TicketRow,
        #[diesel(embed)]
        user: UserRow,
    }
    let found: Option<Found> = storage::sql(concat!(
        "SELECT ",
        columns!(),
        ", users.number, users.subject, users.name, users.is_super, users.is_support \
         FROM tickets JOIN members USING (conversation_id) JOIN users ON users.number = members.user_number \
         WHERE tickets.conversation_id = $1 AND users.subject = $2 FOR UPDATE OF tickets"
    ))
    .bind::<Integer, _>(conversation)
    .bind::<Text, _>(caller.subject().as_str())
    .get_result(conn)
    .await
    .optional()?;
    found.map(|found| Ok((found.ticket.try_into()?, found.user.try_into()?))).transpose()
}

/// The members of a locked conversation, the known ones of those who are mentioned, and ids for a new message.
pub(crate) async fn audience(
    conn: &mut AsyncPgConnection,
    conversation: i32,
    mentioned: Vec<i32>,
) -> Result<(EntryIds, Vec<Person>), DbError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Integer)]
        message: i32,
        #[diesel(sql_type = Integer)]
        joining: i32,
        #[diesel(sql_type = Integer)]
        number: i32,
        #[diesel(sql_type = Bool)]
        is_member: bool,
        #[diesel(sql_type = Bool)]
        is_support: bool,
        #[diesel(sql_type = Bool)]
        is_connected: bool,
        #[diesel(sql_type = Bool)]
        is_mentioned: bool,
    }
    // People are grouped and not looked up in the list: a message may mention 16,000 of them. The second id is taken only
    // for messages that may bring somebody in. MATERIALIZED: one message, one id. A socket
    // that was not seen for 40 s has a dead process behind it: a living one says so with each ping, every 30 s.
    let found: Vec<Found> = storage::sql(
        "WITH ids AS MATERIALIZED (SELECT nextval('entry_ids')::integer AS message), \
         more AS MATERIALIZED (SELECT message, CASE WHEN cardinality($2) > 0 \
         THEN nextval('entry_ids')::integer ELSE message END AS joining FROM ids), \
         people AS (SELECT number, bool_or(is_member) AS is_member, bool_or(is_mentioned) AS is_mentioned FROM \
         (SELECT user_number AS number, true AS is_member, false AS is_mentioned FROM members \
         WHERE conversation_id = $1 UNION ALL SELECT number, false, true FROM unnest($2) AS mentioned (number)) \
         AS found GROUP BY number) \
         SELECT message, joining, number, is_member, users.is_support, is_mentioned, \
         EXISTS (SELECT 1 FROM open_sockets WHERE open_sockets.conversation_id = $1 \
         AND open_sockets.user_number = number AND seen_at > now() - interval '40 seconds') AS is_connected \
         FROM more CROSS JOIN people JOIN users USING (number) ORDER BY number",
    )
    .bind::<Integer, _>(conversation)
    .bind::<Array<Integer>, _>(mentioned)
    .load(conn)
    .await?;
    // Every conversation has at least one member: who opened it.
    let [first, ..] = &found[..] else { return Err(diesel::result::Error::NotFound.into()) };
    let ids = EntryIds { message: first.message, joining: first.joining };
    let people = found.into_iter().map(|found| Person {
        number: found.number,
        is_member: found.is_member,
        is_support: found.is_support,
        is_connected: found.is_connected,
        is_mentioned: found.is_mentioned,
    });
    Ok((ids, people.collect()))
}

/// An id for the entry of a joining, in a locked conversation.
pub(crate) async fn join_entry_id(conn: &mut AsyncPgConnection) -> Result<i32, DbError> {
    #[derive(QueryableByName)]
    struct Taken {
        #[diesel(sql_type = Integer)]
        id: i32,
    }
    let taken: Taken = storage::sql("SELECT nextval('entry_ids')::integer AS id").get_result(conn).await?;
    Ok(taken.id)
}

/// Shows a member the whole conversation.
pub(crate) async fn widen(conn: &mut AsyncPgConnection, conversation: i32, user: i32) -> Result<(), DbError> {
    storage::sql("UPDATE members SET first_visible = 0 WHERE conversation_id = $1 AND user_number = $2")
        .bind::<Integer, _>(conversation)
        .bind::<Integer, _>(user)
        .execute(conn)
        .await?;
    Ok(())
}
