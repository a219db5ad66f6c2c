//! An agent sets the canonical priority.

use auth::Caller;
use domain::{Priority, TicketKey};
use messaging::commit;
use storage::Tx;

use crate::db;
use crate::error::Error;
use crate::model::Ticket;

pub(crate) async fn set_priority(
    tx: &mut Tx,
    agent: &Caller,
    key: TicketKey,
    priority: Priority,
) -> Result<Ticket, Error> {
    let ticket = db::lock(tx.conn().await?, key).await?.ok_or(Error::TicketNotFound)?;
    let change = ticket.set_priority(agent.actor(), priority, tx.db().now());
    Ok(commit(tx, change).await?)
}
