//! An agent says in how many minutes it should be solved, or takes that back.

use auth::Caller;
use domain::TicketKey;
use messaging::commit;
use storage::Tx;

use super::lock_for_support;
use crate::error::Error;
use crate::model::Ticket;
use crate::push::Providers;

pub(crate) async fn expect_resolution(
    tx: &mut Tx,
    providers: &Providers,
    caller: &Caller,
    key: TicketKey,
    minutes: Option<u8>,
) -> Result<Ticket, Error> {
    let ticket = lock_for_support(tx, providers, caller, key).await?;
    let change = ticket.expect_resolution(caller.actor(), minutes, tx.db().now());
    Ok(commit(tx, change).await?)
}
