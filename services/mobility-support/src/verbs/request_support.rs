//! A provider executes `request-support`: the table of cases (contract, 4.2), decided from top to bottom.
//!
//! `found` is what was there just before, read without a lock. A repetition needs no more than that; for the rest it is
//! a guess, and a wrong one ends as [`Error::LostRace`] with nothing written: the caller looks again.

use auth::Caller;
use diesel::result::{DatabaseErrorKind, Error as Diesel};
use domain::TicketKey;
use messaging::commit;
use storage::{DbError, Tx};

use crate::db::{self, Found};
use crate::error::Error;
use crate::model::{Execution, New, Ticket, TicketId};

pub(crate) async fn request_support(
    tx: &mut Tx,
    caller: &Caller,
    execution: &Execution,
    found: Option<Found>,
) -> Result<Ticket, Error> {
    match (found, &execution.id) {
        (Some(found), _) if found.is_accepted => Ok(found.ticket),
        (Some(_), Some(id)) => update(tx, caller, id, execution).await,
        _ if execution.may_create() => open(tx, caller, execution).await,
        _ => Err(Error::TicketNotFound),
    }
}

async fn open(tx: &mut Tx, caller: &Caller, execution: &Execution) -> Result<Ticket, Error> {
    let new = New {
        key: TicketKey(tx.db().clock().new_id()),
        id: execution.id.clone().unwrap_or_else(|| TicketId::random(rand::random())),
        provider: caller.subject().clone(),
        actor: caller.actor(),
    };
    let change = Ticket::open(new, execution, tx.db().now());
    commit(tx, change).await.map_err(|error| if is_taken(&error) { Error::LostRace } else { error.into() })
}

async fn update(tx: &mut Tx, caller: &Caller, id: &TicketId, execution: &Execution) -> Result<Ticket, Error> {
    let conn = tx.conn().await?;
    let ticket = db::lock_own(conn, caller.subject(), id).await?.ok_or(Error::LostRace)?;
    // Somebody may have been faster with the very same request.
    if db::is_accepted(conn, ticket.row().key, &execution.fingerprint).await? {
        return Ok(ticket);
    }
    let message = tx.db().clock().new_id();
    let change = ticket.update(message, caller.actor(), execution, tx.db().now())?;
    if change.events().is_empty() {
        db::remember(tx.conn().await?, change.next().row().key, &execution.fingerprint).await?;
    }
    Ok(commit(tx, change).await?)
}

/// Whether the id was taken by somebody who came first.
fn is_taken(error: &DbError) -> bool {
    matches!(error, DbError::Refused(Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, what))
        if what.constraint_name() == Some("tickets_scope"))
}
