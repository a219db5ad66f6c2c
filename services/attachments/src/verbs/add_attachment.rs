//! Somebody attaches a file to a ticket that they see.

use chrono::SubsecRound as _;
use domain::TicketKey;
use messaging::commit;
use storage::Tx;

use super::check_link;
use crate::db::{self, Locked};
use crate::error::Error;
use crate::model::{Attachment, Draft, Gone};
use crate::tour_tickets::TourTickets;
use crate::visitor::Visitor;

pub(crate) async fn add_attachment(
    tx: &mut Tx,
    tickets: &TourTickets,
    visitor: &Visitor,
    draft: Draft,
) -> Result<Attachment, Error> {
    let ticket_id = draft.ticket_id;
    let file_id = check_link(tx, tickets, visitor, draft.names).await?;
    let Locked { folder, next_id } = lock_visible(tx, tickets, visitor, ticket_id).await?;
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

/// Locks the folder of a ticket that the visitor sees. Whoever sees all tickets needs tour-tickets only for a ticket's
/// first attachment: of deleted ones we are told.
async fn lock_visible(tx: &mut Tx, tickets: &TourTickets, visitor: &Visitor, ticket_id: i64) -> Result<Locked, Error> {
    let not_found = || Error::TicketNotFound(ticket_id);
    let key: TicketKey = match visitor.limited_to() {
        Some(customer) => tickets.find_own(ticket_id, customer).await?.ok_or_else(not_found)?.ticket_key,
        None => match db::lock_to_add(tx.conn().await?, ticket_id).await? {
            Some(locked) => return Ok(locked),
            None => tickets.find(ticket_id).await?.ok_or_else(not_found)?.ticket_key,
        },
    };
    let conn = tx.conn().await?;
    if let Some(locked) = db::lock_to_add(conn, ticket_id).await? {
        return Ok(locked);
    }
    db::introduce(conn, key, ticket_id).await?;
    db::lock_to_add(conn, ticket_id).await?.ok_or_else(not_found)
}
