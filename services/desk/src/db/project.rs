//! The writes of the read model: at most three statements for any number of events, on the connection of the gate's
//! transaction.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;
use diesel::prelude::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{Subject, TicketKey};
use storage::DbError;
use uuid::Uuid;

use crate::model::{Assignment, Batch, Change, Ticket};

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Projected {
    /// The read model has it.
    Done,
    /// A ticket to open is there already.
    OpenedBefore,
    /// A ticket to change is not there.
    NoTicket,
}

/// Brings a batch about. Unless it is done, the transaction must not be committed.
pub(crate) async fn project(conn: &mut AsyncPgConnection, batch: &Batch) -> Result<Projected, DbError> {
    if !batch.removed.is_empty() && delete(conn, &batch.removed).await? != batch.removed.len() {
        return Ok(Projected::NoTicket);
    }
    if !batch.opened.is_empty() && insert(conn, &batch.opened).await? != batch.opened.len() {
        return Ok(Projected::OpenedBefore);
    }
    if !batch.changed.is_empty() {
        let there = change(conn, &batch.changed).await?;
        if batch.changed.iter().any(|(key, change)| change.must_be_there && !there.contains(key)) {
            return Ok(Projected::NoTicket);
        }
    }
    Ok(Projected::Done)
}

/// A column of the batch.
fn column<'a, R, V>(rows: &'a BTreeMap<TicketKey, R>, value: impl Fn(&'a R) -> V) -> Vec<V> {
    rows.values().map(value).collect()
}

async fn insert(conn: &mut AsyncPgConnection, rows: &BTreeMap<TicketKey, Ticket>) -> QueryResult<usize> {
    storage::sql(
        "INSERT INTO tickets (ticket_key, line, ticket_id, version, status, line_status, priority, requester, \
         assignee, category, source, created_at, updated_at) \
         SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         ON CONFLICT (ticket_key) DO NOTHING",
    )
    .bind::<Array<SqlUuid>, _>(column(rows, |ticket| ticket.key.0))
    .bind::<Array<Text>, _>(column(rows, |ticket| ticket.line.as_str()))
    .bind::<Array<Text>, _>(column(rows, |ticket| ticket.ticket_id.as_str()))
    .bind::<Array<BigInt>, _>(column(rows, |ticket| ticket.version))
    .bind::<Array<Text>, _>(column(rows, |ticket| ticket.status.as_str()))
    .bind::<Array<Nullable<Text>>, _>(column(rows, |ticket| ticket.line_status.as_deref()))
    .bind::<Array<Text>, _>(column(rows, |ticket| ticket.priority.as_str()))
    .bind::<Array<Nullable<Text>>, _>(column(rows, |ticket| ticket.requester.as_ref().map(Subject::as_str)))
    .bind::<Array<Nullable<Text>>, _>(column(rows, |ticket| ticket.assignee.as_ref().map(Subject::as_str)))
    .bind::<Array<Nullable<Text>>, _>(column(rows, |ticket| ticket.category.as_deref()))
    .bind::<Array<Text>, _>(column(rows, |ticket| ticket.source.as_str()))
    .bind::<Array<Timestamptz>, _>(column(rows, |ticket| ticket.created_at))
    .bind::<Array<Timestamptz>, _>(column(rows, |ticket| ticket.updated_at))
    .execute(conn)
    .await
}

/// Gives the tickets that were there.
async fn change(conn: &mut AsyncPgConnection, rows: &BTreeMap<TicketKey, Change>) -> QueryResult<BTreeSet<TicketKey>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        ticket_key: Uuid,
    }
    let there: Vec<Row> = storage::sql(
        "UPDATE tickets SET version = new.version, updated_at = new.updated_at, \
         status = coalesce(new.status, tickets.status), \
         line_status = CASE WHEN new.has_state THEN new.line_status ELSE tickets.line_status END, \
         priority = coalesce(new.priority, tickets.priority), \
         assignee = CASE WHEN new.is_assigned THEN new.assignee ELSE tickets.assignee END \
         FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) AS new \
         (ticket_key, version, updated_at, has_state, status, line_status, priority, is_assigned, assignee) \
         WHERE tickets.ticket_key = new.ticket_key RETURNING tickets.ticket_key",
    )
    .bind::<Array<SqlUuid>, _>(column(rows, |change| change.update.key.0))
    .bind::<Array<BigInt>, _>(column(rows, |change| change.update.version))
    .bind::<Array<Timestamptz>, _>(column(rows, |change| change.update.at))
    .bind::<Array<Bool>, _>(column(rows, |change| change.update.state.is_some()))
    .bind::<Array<Nullable<Text>>, _>(column(rows, |change| Some(change.update.state.as_ref()?.status.as_str())))
    .bind::<Array<Nullable<Text>>, _>(column(rows, |change| change.update.state.as_ref()?.line_status.as_deref()))
    .bind::<Array<Nullable<Text>>, _>(column(rows, |change| Some(change.update.state.as_ref()?.priority.as_str())))
    .bind::<Array<Bool>, _>(column(rows, |change| change.update.assignment != Assignment::Stays))
    .bind::<Array<Nullable<Text>>, _>(column(rows, assignee))
    .load(conn)
    .await?;
    Ok(there.into_iter().map(|row| TicketKey(row.ticket_key)).collect())
}

fn assignee(change: &Change) -> Option<&str> {
    match &change.update.assignment {
        Assignment::Becomes(Some(assignee)) => Some(assignee.as_str()),
        Assignment::Becomes(None) | Assignment::Stays => None,
    }
}

async fn delete(conn: &mut AsyncPgConnection, keys: &BTreeSet<TicketKey>) -> QueryResult<usize> {
    let keys: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
    storage::sql("DELETE FROM tickets WHERE ticket_key = ANY ($1)").bind::<Array<SqlUuid>, _>(keys).execute(conn).await
}
