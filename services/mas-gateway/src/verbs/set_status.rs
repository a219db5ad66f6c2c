//! An agent sets the canonical status.

use auth::Caller;
use domain::{Status, TicketKey};
use messaging::commit;
use storage::Tx;

use crate::db;
use crate::error::Error;
use crate::model::Ticket;

pub(crate) async fn set_status(tx: &mut Tx, agent: &Caller, key: TicketKey, status: Status) -> Result<Ticket, Error> {
    let ticket = db::lock(tx.conn().await?, key).await?.ok_or(Error::TicketNotFound)?;
    let change = ticket.set_status(agent.subject(), agent.actor(), status, tx.db().now())?;
    Ok(commit(tx, change).await?)
}
