//! An agent answers the provider.

use auth::Caller;
use domain::TicketKey;
use messaging::commit;
use storage::Tx;

use super::lock_for_support;
use crate::error::Error;
use crate::model::{Message, Ticket};
use crate::push::Providers;

pub(crate) async fn reply_to_ticket(
    tx: &mut Tx,
    providers: &Providers,
    caller: &Caller,
    key: TicketKey,
    body: String,
) -> Result<Ticket, Error> {
    let ticket = lock_for_support(tx, providers, caller, key).await?;
    let id = tx.db().clock().new_id();
    let message = Message { id, author: caller.subject().clone(), body, at: tx.db().now() };
    let change = ticket.reply(caller.actor(), message)?;
    Ok(commit(tx, change).await?)
}
