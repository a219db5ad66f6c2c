//! Somebody opens a ticket, and with it a conversation.

use auth::Caller;
use domain::TicketKey;
use messaging::commit;
use storage::Tx;

use crate::error::Error;
use crate::model::{Author, NewIds, Ticket, Title, User};

/// The ids are taken before, outside the transaction: so a new ticket is one statement.
pub(crate) async fn open_ticket(
    tx: &mut Tx,
    caller: &Caller,
    (me, ids): (User, NewIds),
    title: Title,
) -> Result<Ticket, Error> {
    let key = TicketKey(tx.db().clock().new_id());
    let author = Author::new(me.number, caller);
    let change = Ticket::open(key, ids, (&author, me.subject), title, tx.db().now());
    Ok(commit(tx, change).await?)
}
