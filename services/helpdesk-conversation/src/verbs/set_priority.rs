//! An agent sets the canonical priority.

use auth::Caller;
use domain::Priority;
use messaging::commit;
use storage::Tx;

use crate::db::{self, Which};
use crate::error::Error;
use crate::model::Ticket;

pub(crate) async fn set_priority(
    tx: &mut Tx,
    caller: &Caller,
    which: Which,
    priority: Priority,
) -> Result<Ticket, Error> {
    let ticket = db::lock(tx.conn().await?, which).await?.ok_or(Error::TicketNotFound)?;
    let change = ticket.set_priority(caller.actor(), priority, tx.db().now());
    Ok(commit(tx, change).await?)
}
