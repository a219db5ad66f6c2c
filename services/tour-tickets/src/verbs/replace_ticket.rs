//! A client writes a ticket anew.

use messaging::commit;
use storage::Tx;

use crate::db;
use crate::error::Error;
use crate::model::{Draft, Ticket, Visitor};

pub(crate) async fn replace_ticket(tx: &mut Tx, visitor: &Visitor, id: i64, draft: Draft) -> Result<Ticket, Error> {
    let ticket = db::lock(tx.conn().await?, id, &visitor.sight()).await?.ok_or(Error::TicketNotFound(id))?;
    let change = ticket.replace(visitor, draft, tx.db().now())?;
    if change.events().is_empty() {
        let ticket = change.into_next();
        db::touch(tx.conn().await?, &ticket).await?;
        return Ok(ticket);
    }
    Ok(commit(tx, change).await?)
}
