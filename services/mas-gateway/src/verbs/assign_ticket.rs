//! An agent gives a ticket to somebody, or to nobody.

use auth::Caller;
use domain::{Subject, TicketKey};
use messaging::commit;
use storage::Tx;

use crate::db;
use crate::error::Error;
use crate::model::Ticket;

pub(crate) async fn assign_ticket(
    tx: &mut Tx,
    agent: &Caller,
    key: TicketKey,
    assignee: Option<Subject>,
) -> Result<Ticket, Error> {
    let ticket = db::lock(tx.conn().await?, key).await?.ok_or(Error::TicketNotFound)?;
    let change = ticket.assign(agent.actor(), assignee, tx.db().now());
    Ok(commit(tx, change).await?)
}
