//! A client or an agent writes a message.

use auth::Caller;
use messaging::commit;
use storage::Tx;

use crate::db;
use crate::error::Error;
use crate::model::{Author, Message, MessageId, Ticket, TicketId};

/// What is written, checked.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) content: String,
    pub(crate) attachments: Vec<String>,
}

pub(crate) async fn add_message(tx: &mut Tx, caller: &Caller, id: TicketId, text: Text) -> Result<Ticket, Error> {
    let ticket = db::lock(tx.conn().await?, id, caller).await?.ok_or(Error::TicketNotFound)?;
    let author = Author::from(caller);
    let message = Message {
        id: MessageId(tx.db().clock().new_id()),
        sender: author.subject.clone(),
        content: text.content,
        attachments: text.attachments,
        at: tx.db().now(),
    };
    let change = ticket.add_message(&author, message)?;
    Ok(commit(tx, change).await?)
}
