//! A client opens a ticket.

use messaging::commit;
use storage::Tx;

use crate::error::Error;
use crate::model::{Identity, NewTicket, Ticket, Visitor};

pub(crate) async fn open_ticket(
    tx: &mut Tx,
    visitor: &Visitor,
    identity: Identity,
    new: NewTicket,
) -> Result<Ticket, Error> {
    let change = Ticket::open(identity, visitor, new, tx.db().now())?;
    Ok(commit(tx, change).await?)
}
