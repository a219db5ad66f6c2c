//! An agent answers.

use auth::Caller;
use domain::TicketKey;
use messaging::commit;
use storage::Tx;

use crate::db;
use crate::error::Error;
use crate::model::{Reply, Ticket};

pub(crate) async fn reply_to_ticket(
    tx: &mut Tx,
    agent: &Caller,
    key: TicketKey,
    body: String,
) -> Result<Ticket, Error> {
    let ticket = db::lock(tx.conn().await?, key).await?.ok_or(Error::TicketNotFound)?;
    let (id, at) = (tx.db().clock().new_id(), tx.db().now());
    let change = ticket.reply(agent.actor(), Reply { id, author: agent.subject().clone(), body, at })?;
    Ok(commit(tx, change).await?)
}
