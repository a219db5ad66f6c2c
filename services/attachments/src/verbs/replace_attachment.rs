//! Somebody replaces what an attachment says, or moves it to another ticket that they see.

use diesel_async::AsyncPgConnection;
use messaging::commit;
use storage::Tx;
use web::Fault;

use super::find_attachment;
use super::prepare::{check_link, check_ticket};
use crate::db;
use crate::error::Error;
use crate::model::{Attachment, Draft, Gone};
use crate::tour_tickets::TourTickets;
use crate::visitor::Visitor;

pub(crate) async fn replace_attachment(
    tx: &mut Tx,
    tickets: &TourTickets,
    visitor: &Visitor,
    id: i64,
    draft: Draft,
) -> Result<Attachment, Error> {
    // First everything that tour-tickets has to say: the transaction begins with the first connection taken of it.
    let seen = find_attachment(tx.db(), tickets, visitor, id).await?;
    let is_moved = seen.ticket_id != draft.ticket_id;
    let key = if is_moved { check_ticket(tx.db(), tickets, visitor, draft.ticket_id).await? } else { None };
    // The same URL keeps its link: the author of this change need not be the one who could read the file.
    let file_id = if seen.content.file_url == draft.content.file_url {
        seen.file_id
    } else {
        check_link(tx.db(), tickets, visitor, draft.names).await?
    };
    if let Some(key) = key {
        db::introduce(tx.conn().await?, key, draft.ticket_id).await?;
    }
    let after = Attachment { ticket_id: draft.ticket_id, content: draft.content, file_id, ..seen.clone() };
    if is_moved { relocate(tx, visitor, &seen, after).await } else { describe(tx, visitor, &seen, after).await }
}

async fn describe(tx: &mut Tx, visitor: &Visitor, seen: &Attachment, after: Attachment) -> Result<Attachment, Error> {
    let not_found = || Error::AttachmentNotFound(seen.id);
    let conn = tx.conn().await?;
    let folder = db::lock(conn, seen.ticket_id).await?.ok_or_else(not_found)?;
    let before = read_again(conn, seen).await?;
    let change = folder.describe(visitor.actor(), &before, after.clone(), tx.db().now());
    commit(tx, change.map_err(|Gone| not_found())?).await?;
    Ok(after)
}

async fn relocate(tx: &mut Tx, visitor: &Visitor, seen: &Attachment, after: Attachment) -> Result<Attachment, Error> {
    let (not_found, no_ticket) = (|| Error::AttachmentNotFound(seen.id), || Error::TicketNotFound(after.ticket_id));
    let conn = tx.conn().await?;
    let (from, to) = db::lock_pair(conn, (seen.ticket_id, after.ticket_id)).await?;
    let (from, to) = (from.ok_or_else(not_found)?, to.ok_or_else(no_ticket)?);
    read_again(conn, seen).await?;
    let now = tx.db().now();
    let given = from.hand_over(visitor.actor(), seen.id, now).map_err(|Gone| not_found())?;
    let taken = to.take_over(visitor.actor(), after.clone(), now).map_err(|Gone| no_ticket())?;
    commit(tx, given).await?;
    commit(tx, taken).await?;
    Ok(after)
}

/// The attachment under the lock of its folder. One that another request has moved meanwhile may belong to a ticket that
/// this visitor does not see, so the request has to begin again.
pub(super) async fn read_again(conn: &mut AsyncPgConnection, seen: &Attachment) -> Result<Attachment, Error> {
    let now = db::find(conn, seen.id).await?.ok_or(Error::AttachmentNotFound(seen.id))?;
    if now.ticket_id == seen.ticket_id {
        Ok(now)
    } else {
        Err(Fault::Unavailable("another request has moved the attachment".to_owned()).into())
    }
}
