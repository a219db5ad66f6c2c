//! An agent sets the canonical status.

use auth::Caller;
use domain::Status;
use messaging::commit;
use storage::Tx;

use crate::db::{self, Which};
use crate::error::Error;
use crate::model::Ticket;

pub(crate) async fn set_status(tx: &mut Tx, caller: &Caller, which: Which, status: Status) -> Result<Ticket, Error> {
    let ticket = db::lock(tx.conn().await?, which).await?.ok_or(Error::TicketNotFound)?;
    let change = ticket.set_status(caller.actor(), status, tx.db().now())?;
    Ok(commit(tx, change).await?)
}
