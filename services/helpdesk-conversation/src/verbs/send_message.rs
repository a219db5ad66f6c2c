//! A member writes: on a socket, by a JSON request, or in the desk.

use auth::Caller;
use conversation::Message;
use messaging::commit;
use storage::Tx;
use web::Fault;

use crate::db;
use crate::error::Error;
use crate::model::{Author, Entry, Ticket};

/// A message that is stored as soon as the transaction is.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) entry_id: i32,
    /// The message as members read it.
    pub(crate) entry: Entry,
    /// The ticket after it.
    pub(crate) ticket: Ticket,
}

/// Stores the message, tells those who miss it, and brings in those whom it may.
pub(crate) async fn send_message(
    tx: &mut Tx,
    caller: &Caller,
    conversation: i32,
    message: Message,
) -> Result<Sent, Error> {
    let mentioned: Vec<i32> = message.mentions().into_iter().filter_map(|number| i32::try_from(number).ok()).collect();
    let conn = tx.conn().await?;
    let found = db::lock_as_member(conn, conversation, caller).await?;
    let (ticket, me) = found.ok_or(Error::ConversationNotFound)?;
    let me = db::refresh_user(conn, caller, me).await?;
    let (ids, people) = db::audience(conn, conversation, mentioned).await?;
    // The time is taken under the lock: it never runs back within a conversation.
    let now = tx.db().now();
    let change = ticket.add_message(&Author::new(me.number, caller), (ids, message.into_stored()), &people, now);
    let ticket = commit(tx, change).await?;
    let entry = ticket.added().first().cloned().ok_or_else(|| Fault::Internal("a message was not added".to_owned()))?;
    Ok(Sent { entry_id: ids.message, entry, ticket })
}
