//! The writes of the read model: one statement per event, on the connection of the gate's transaction.

use diesel::QueryResult;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{Subject, TicketKey};
use storage::DbError;

use crate::model::{Assignment, Effect, Ticket, Update};

/// What became of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Projected {
    /// The read model has it.
    Done,
    /// The ticket to open is there already.
    OpenedBefore,
    /// The ticket to change is not there.
    NoTicket,
}

/// Brings an effect about.
pub(crate) async fn project(conn: &mut AsyncPgConnection, effect: &Effect) -> Result<Projected, DbError> {
    let (rows, without) = match effect {
        Effect::Nothing => return Ok(Projected::Done),
        Effect::Open(ticket) => (insert(conn, ticket).await?, Projected::OpenedBefore),
        Effect::Change(update) => (change(conn, update).await?, Projected::NoTicket),
        Effect::Count(update) => (change(conn, update).await?, Projected::Done),
        Effect::Remove(key) => (delete(conn, *key).await?, Projected::NoTicket),
    };
    Ok(if rows == 1 { Projected::Done } else { without })
}

async fn insert(conn: &mut AsyncPgConnection, ticket: &Ticket) -> QueryResult<usize> {
    storage::sql(
        "INSERT INTO tickets (ticket_key, line, ticket_id, version, status, line_status, priority, requester, \
         assignee, category, source, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (ticket_key) DO NOTHING",
    )
    .bind::<SqlUuid, _>(ticket.key.0)
    .bind::<Text, _>(ticket.line.as_str())
    .bind::<Text, _>(&ticket.ticket_id)
    .bind::<BigInt, _>(ticket.version)
    .bind::<Text, _>(ticket.status.as_str())
    .bind::<Nullable<Text>, _>(ticket.line_status.as_deref())
    .bind::<Text, _>(ticket.priority.as_str())
    .bind::<Nullable<Text>, _>(ticket.requester.as_ref().map(Subject::as_str))
    .bind::<Nullable<Text>, _>(ticket.assignee.as_ref().map(Subject::as_str))
    .bind::<Nullable<Text>, _>(ticket.category.as_deref())
    .bind::<Text, _>(&ticket.source)
    .bind::<Timestamptz, _>(ticket.created_at)
    .bind::<Timestamptz, _>(ticket.updated_at)
    .execute(conn)
    .await
}

async fn change(conn: &mut AsyncPgConnection, update: &Update) -> QueryResult<usize> {
    let state = update.state.as_ref();
    let (is_assigned, assignee) = match &update.assignment {
        Assignment::Stays => (false, None),
        Assignment::Becomes(assignee) => (true, assignee.as_ref()),
    };
    storage::sql(
        "UPDATE tickets SET version = $2, updated_at = $3, status = coalesce($4, status), \
         line_status = CASE WHEN $4 IS NULL THEN line_status ELSE $5 END, priority = coalesce($6, priority), \
         assignee = CASE WHEN $7 THEN $8 ELSE assignee END WHERE ticket_key = $1",
    )
    .bind::<SqlUuid, _>(update.key.0)
    .bind::<BigInt, _>(update.version)
    .bind::<Timestamptz, _>(update.at)
    .bind::<Nullable<Text>, _>(state.map(|state| state.status.as_str()))
    .bind::<Nullable<Text>, _>(state.and_then(|state| state.line_status.as_deref()))
    .bind::<Nullable<Text>, _>(state.map(|state| state.priority.as_str()))
    .bind::<Bool, _>(is_assigned)
    .bind::<Nullable<Text>, _>(assignee.map(Subject::as_str))
    .execute(conn)
    .await
}

async fn delete(conn: &mut AsyncPgConnection, key: TicketKey) -> QueryResult<usize> {
    storage::sql("DELETE FROM tickets WHERE ticket_key = $1").bind::<SqlUuid, _>(key.0).execute(conn).await
}
