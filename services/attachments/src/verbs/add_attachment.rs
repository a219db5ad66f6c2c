//! Somebody attaches a file to a ticket that they see.

use chrono::SubsecRound as _;
use domain::TicketKey;
use messaging::commit;
use storage::Tx;

use super::Prepared;
use crate::db::{self, Locked};
use crate::error::Error;
use crate::model::{Attachment, Draft, Gone};
use crate::visitor::Visitor;

pub(crate) async fn add_attachment(
    tx: &mut Tx,
    visitor: &Visitor,
    Prepared { key, file_id }: Prepared,
    draft: Draft,
) -> Result<Attachment, Error> {
    let ticket_id = draft.ticket_id;
    let Locked { folder, next_id } = lock_folder(tx, ticket_id, key).await?;
    let now = tx.db().now();
    let attachment = Attachment {
        id: next_id,
        ticket_id,
        content: draft.content,
        uploaded_at: draft.uploaded_at.unwrap_or_else(|| now.trunc_subsecs(0)),
        file_id,
    };
    let change =
        folder.add(visitor.actor(), attachment.clone(), now).map_err(|Gone| Error::TicketNotFound(ticket_id))?;
    commit(tx, change).await?;
    Ok(attachment)
}

/// Locks the folder of the ticket, and makes it if this is the ticket's first attachment.
async fn lock_folder(tx: &mut Tx, ticket_id: i64, key: Option<TicketKey>) -> Result<Locked, Error> {
    let not_found = || Error::TicketNotFound(ticket_id);
    let conn = tx.conn().await?;
    if let Some(locked) = db::lock_to_add(conn, ticket_id).await? {
        return Ok(locked);
    }
    db::introduce(conn, key.ok_or_else(not_found)?, ticket_id).await?;
    db::lock_to_add(conn, ticket_id).await?.ok_or_else(not_found)
}
