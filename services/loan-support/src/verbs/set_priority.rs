//! An agent sets the canonical priority.

use auth::Caller;
use domain::Priority;
use messaging::commit;
use storage::Tx;

use crate::db;
use crate::error::Error;
use crate::model::{Ticket, TicketId};

pub(crate) async fn set_priority(
    tx: &mut Tx,
    caller: &Caller,
    id: TicketId,
    priority: Priority,
) -> Result<Ticket, Error> {
    let ticket = db::lock(tx.conn().await?, id, caller).await?.ok_or(Error::TicketNotFound)?;
    let change = ticket.set_priority(caller.actor(), priority, tx.db().now());
    Ok(commit(tx, change).await?)
}
