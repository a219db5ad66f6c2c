//! Support gives a ticket another title.

use auth::Caller;
use messaging::commit;
use storage::Tx;

use crate::db::{self, Which};
use crate::error::Error;
use crate::model::{Ticket, Title};

/// Without a title, or with the one it has, the ticket stays as it is.
pub(crate) async fn retitle_ticket(
    tx: &mut Tx,
    caller: &Caller,
    id: i32,
    title: Option<Title>,
) -> Result<Ticket, Error> {
    let ticket = db::lock(tx.conn().await?, Which::Id(id)).await?.ok_or(Error::TicketNotFound)?;
    let Some(title) = title else { return Ok(ticket) };
    let change = ticket.retitle(caller.actor(), title, tx.db().now());
    Ok(commit(tx, change).await?)
}
