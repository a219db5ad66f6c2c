//! A client deletes a ticket.

use messaging::commit;
use storage::Tx;

use crate::db;
use crate::error::Error;
use crate::model::{Ticket, Visitor};

/// Gives the ticket as it was.
pub(crate) async fn delete_ticket(tx: &mut Tx, visitor: &Visitor, id: i64) -> Result<Ticket, Error> {
    let ticket = db::lock(tx.conn().await?, id, &visitor.sight()).await?.ok_or(Error::TicketNotFound(id))?;
    let change = ticket.delete(visitor.actor(), tx.db().now());
    Ok(commit(tx, change).await?)
}
