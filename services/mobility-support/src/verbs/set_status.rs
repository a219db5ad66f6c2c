//! An agent sets the canonical status.

use auth::Caller;
use domain::{Status, TicketKey};
use messaging::commit;
use storage::Tx;

use super::lock_for_support;
use crate::error::Error;
use crate::model::Ticket;
use crate::push::Providers;

pub(crate) async fn set_status(
    tx: &mut Tx,
    providers: &Providers,
    caller: &Caller,
    key: TicketKey,
    status: Status,
) -> Result<Ticket, Error> {
    let ticket = lock_for_support(tx, providers, caller, key).await?;
    let change = ticket.set_status(caller.actor(), status, tx.db().now())?;
    Ok(commit(tx, change).await?)
}
