//! An agent sets the canonical priority.

use auth::Caller;
use domain::{Priority, TicketKey};
use messaging::commit;
use storage::Tx;

use super::lock_for_support;
use crate::error::Error;
use crate::model::Ticket;
use crate::push::Providers;

pub(crate) async fn set_priority(
    tx: &mut Tx,
    providers: &Providers,
    caller: &Caller,
    key: TicketKey,
    priority: Priority,
) -> Result<Ticket, Error> {
    let ticket = lock_for_support(tx, providers, caller, key).await?;
    let change = ticket.set_priority(caller.actor(), priority, tx.db().now());
    Ok(commit(tx, change).await?)
}
