//! A client closes a ticket.

use auth::Caller;
use messaging::commit;
use storage::Tx;

use crate::db;
use crate::error::Error;
use crate::model::{Ticket, TicketId};

pub(crate) async fn close_ticket(
    tx: &mut Tx,
    caller: &Caller,
    id: TicketId,
    resolution: Option<String>,
) -> Result<Ticket, Error> {
    let ticket = db::lock(tx.conn().await?, id, caller).await?.ok_or(Error::TicketNotFound)?;
    let change = ticket.close(caller.actor(), resolution, tx.db().now());
    Ok(commit(tx, change).await?)
}
