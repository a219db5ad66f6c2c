//! An agent gives a ticket to somebody, or to nobody.

use auth::Caller;
use domain::Subject;
use messaging::commit;
use storage::Tx;

use crate::db::{self, Which};
use crate::error::Error;
use crate::model::Ticket;

pub(crate) async fn assign_ticket(
    tx: &mut Tx,
    caller: &Caller,
    which: Which,
    assignee: Option<Subject>,
) -> Result<Ticket, Error> {
    let ticket = db::lock(tx.conn().await?, which).await?.ok_or(Error::TicketNotFound)?;
    let change = ticket.assign(caller.actor(), assignee, tx.db().now());
    Ok(commit(tx, change).await?)
}
