//! An agent sets the canonical status.

use auth::Caller;
use domain::{Status, TicketKey};
use messaging::commit;
use storage::Tx;

use crate::db;
use crate::error::Error;
use crate::model::{Sight, Ticket};

pub(crate) async fn set_status(tx: &mut Tx, agent: &Caller, key: TicketKey, status: Status) -> Result<Ticket, Error> {
    let ticket = db::lock_by_key(tx.conn().await?, key, &Sight::All).await?.ok_or(Error::KeyNotFound)?;
    let change = ticket.set_status(agent.actor(), status, tx.db().now())?;
    Ok(commit(tx, change).await?)
}
