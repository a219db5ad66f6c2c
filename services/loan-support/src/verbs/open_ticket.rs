//! A client opens a ticket.

use auth::Caller;
use domain::TicketKey;
use messaging::commit;
use storage::Tx;

use crate::error::Error;
use crate::model::{Draft, Ticket};

pub(crate) async fn open_ticket(tx: &mut Tx, caller: &Caller, draft: Draft) -> Result<Ticket, Error> {
    let key = TicketKey(tx.db().clock().new_id());
    let change = Ticket::open(key, &caller.into(), draft, tx.db().now());
    Ok(commit(tx, change).await?)
}
