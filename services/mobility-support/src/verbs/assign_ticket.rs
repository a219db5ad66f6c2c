//! An agent gives a ticket to somebody, or to nobody.

use auth::Caller;
use domain::{Subject, TicketKey};
use messaging::commit;
use storage::Tx;

use super::lock_for_support;
use crate::error::Error;
use crate::model::Ticket;
use crate::push::Providers;

pub(crate) async fn assign_ticket(
    tx: &mut Tx,
    providers: &Providers,
    caller: &Caller,
    key: TicketKey,
    assignee: Option<Subject>,
) -> Result<Ticket, Error> {
    let ticket = lock_for_support(tx, providers, caller, key).await?;
    let change = ticket.assign(caller.actor(), assignee, tx.db().now());
    Ok(commit(tx, change).await?)
}
