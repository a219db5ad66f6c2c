//! One ticket with its text. The read model says who owns it and who may ask; the owner says what it is now, with the
//! caller's own token, so that its rules hold too and a caller reads what it just wrote.

use auth::Caller;
use domain::TicketKey;
use web::agent_api::Snapshot;

use crate::App;
use crate::db;
use crate::error::Error;
use crate::model::{Actions, Ticket};

/// A ticket with its text, and what the caller may do to it.
#[derive(Debug)]
pub(crate) struct Detail {
    pub(crate) ticket: Ticket,
    pub(crate) snapshot: Snapshot,
    pub(crate) actions: Actions,
}

/// Reads a ticket. `authorization` is the caller's own header.
pub(crate) async fn read_ticket(
    app: &App,
    caller: &Caller,
    authorization: &[u8],
    key: TicketKey,
) -> Result<Detail, Error> {
    let found = {
        // The connection goes back before the owner is asked: a slow owner must not use up the pool.
        let mut conn = app.db.conn().await?;
        db::find(&mut conn, key, caller).await?
    };
    let ticket = found.ok_or(Error::TicketNotFound)?;
    let snapshot = app.owners.snapshot(&ticket.source, key, authorization).await?;
    let snapshot = snapshot.ok_or(Error::TicketNotFound)?;
    let ticket = ticket.caught_up(&snapshot);
    let actions = Actions::of(&ticket, caller);
    Ok(Detail { ticket, snapshot, actions })
}
