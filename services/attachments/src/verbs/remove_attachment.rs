//! Somebody removes an attachment. The file it points to stays.

use messaging::commit;
use storage::Tx;

use super::find_attachment;
use crate::db;
use crate::error::Error;
use crate::model::Gone;
use crate::tour_tickets::TourTickets;
use crate::visitor::Visitor;

pub(crate) async fn remove_attachment(
    tx: &mut Tx,
    tickets: &TourTickets,
    visitor: &Visitor,
    id: i64,
) -> Result<(), Error> {
    let seen = find_attachment(tx.db(), tickets, visitor, id).await?;
    let not_found = || Error::AttachmentNotFound(id);
    let conn = tx.conn().await?;
    let folder = db::lock(conn, seen.ticket_id).await?.ok_or_else(not_found)?;
    super::replace_attachment::read_again(conn, &seen).await?;
    let change = folder.remove(visitor.actor(), id, tx.db().now()).map_err(|Gone| not_found())?;
    commit(tx, change).await?;
    Ok(())
}
