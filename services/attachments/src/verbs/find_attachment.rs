//! Somebody looks at an attachment of a ticket that they see.

use storage::Db;

use crate::db;
use crate::error::Error;
use crate::model::Attachment;
use crate::tour_tickets::TourTickets;
use crate::visitor::{Reach, Visitor};

/// Stands for the ticket of an attachment that does not exist: no ticket will ever have this number.
const NO_TICKET: i64 = i64::MAX;

pub(crate) async fn find_attachment(
    db: &Db,
    tickets: &TourTickets,
    visitor: &Visitor,
    id: i64,
) -> Result<Attachment, Error> {
    let found = db::find(&mut *db.conn().await?, id).await?;
    if let Reach::Own(customer) = visitor.reach() {
        // Asked also if there is no attachment: absent and foreign take the same time.
        let ticket_id = found.as_ref().map_or(NO_TICKET, |attachment| attachment.ticket_id);
        let own = tickets.find_own(ticket_id, customer).await?;
        own.ok_or(Error::AttachmentNotFound(id))?;
    }
    found.ok_or(Error::AttachmentNotFound(id))
}
