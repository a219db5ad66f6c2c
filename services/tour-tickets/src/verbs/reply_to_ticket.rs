//! An agent answers in public.

use auth::Caller;
use domain::TicketKey;
use messaging::commit;
use storage::Tx;

use crate::db;
use crate::error::Error;
use crate::model::{Reply, Sight, Ticket};

/// What is written, checked.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) body: String,
    pub(crate) attachments: Vec<String>,
}

pub(crate) async fn reply_to_ticket(tx: &mut Tx, agent: &Caller, key: TicketKey, text: Text) -> Result<Ticket, Error> {
    let ticket = db::lock_by_key(tx.conn().await?, key, &Sight::All).await?.ok_or(Error::KeyNotFound)?;
    let reply = Reply {
        id: tx.db().clock().new_id(),
        author: agent.subject().clone(),
        body: text.body,
        attachments: text.attachments,
        at: tx.db().now(),
    };
    Ok(commit(tx, ticket.reply(agent.actor(), reply)).await?)
}
