//! An agent sets the canonical status.

use auth::Caller;
use domain::Status;
use messaging::commit;
use storage::Tx;

use crate::db;
use crate::error::Error;
use crate::model::{Ticket, TicketId};

pub(crate) async fn set_status(tx: &mut Tx, caller: &Caller, id: TicketId, status: Status) -> Result<Ticket, Error> {
    let ticket = db::lock(tx.conn().await?, id, caller).await?.ok_or(Error::TicketNotFound)?;
    let change = ticket.set_status(caller.actor(), status, tx.db().now())?;
    Ok(commit(tx, change).await?)
}
