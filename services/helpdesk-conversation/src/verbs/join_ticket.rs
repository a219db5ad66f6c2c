//! Somebody of the support team joins a ticket's conversation.

use auth::Caller;
use messaging::commit;
use storage::Tx;

use crate::db::{self, Which};
use crate::error::Error;
use crate::model::{Author, Ticket};

/// Who is a member already stays one; what a mention had limited becomes the whole conversation. Joining twice, also at
/// the same time, makes one member and one entry: the ticket's lock is taken before the members are read.
pub(crate) async fn join_ticket(tx: &mut Tx, caller: &Caller, which: Which) -> Result<Ticket, Error> {
    let conn = tx.conn().await?;
    let me = db::known_user(conn, caller).await?;
    let ticket = db::lock(conn, which).await?.ok_or(Error::TicketNotFound)?;
    let conversation = ticket.row().conversation;
    match db::membership(conn, conversation, me.number).await? {
        Some(membership) if membership.first_visible == 0 => return Ok(ticket),
        Some(_) => {
            db::widen(conn, conversation, me.number).await?;
            return Ok(ticket);
        }
        None => {}
    }
    let entry = db::join_entry_id(conn).await?;
    let change = ticket.join(&Author::new(me.number, caller), entry, tx.db().now());
    Ok(commit(tx, change).await?)
}
