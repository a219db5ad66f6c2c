//! What has to be asked before a change: of tour-tickets, and therefore while no transaction is open. A call may take
//! seconds, and a connection and locks that wait for it would be missing elsewhere. What may have changed meanwhile is looked
//! at again under the lock.

use domain::TicketKey;
use storage::Db;

use super::find_file;
use crate::db;
use crate::error::Error;
use crate::model::{Draft, FileId};
use crate::tour_tickets::TourTickets;
use crate::visitor::{Reach, Visitor};

/// What was found out for a new attachment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prepared {
    /// The ticket's key, if its folder may have to be made.
    pub(super) key: Option<TicketKey>,
    /// The file that the attachment opens.
    pub(super) file_id: Option<FileId>,
}

/// Finds out whether the visitor sees the ticket, and which file the attachment opens.
pub(crate) async fn prepare(
    db: &Db,
    tickets: &TourTickets,
    visitor: &Visitor,
    draft: &Draft,
) -> Result<Prepared, Error> {
    let file_id = check_link(db, tickets, visitor, draft.names).await?;
    let key = check_ticket(db, tickets, visitor, draft.ticket_id).await?;
    Ok(Prepared { key, file_id })
}

/// The key of a ticket that the visitor sees; none if its folder is there for sure. Whoever sees all tickets needs
/// tour-tickets only for a ticket's first attachment: of deleted ones we are told.
pub(super) async fn check_ticket(
    db: &Db,
    tickets: &TourTickets,
    visitor: &Visitor,
    ticket_id: i64,
) -> Result<Option<TicketKey>, Error> {
    let ticket = match visitor.reach() {
        Reach::Own(customer) => tickets.find_own(ticket_id, customer).await?,
        Reach::All if is_known(db, ticket_id).await? => return Ok(None),
        Reach::All => tickets.find(ticket_id).await?,
    };
    Ok(Some(ticket.ok_or(Error::TicketNotFound(ticket_id))?.ticket_key))
}

/// The connection is back in the pool before anybody is asked.
async fn is_known(db: &Db, ticket_id: i64) -> Result<bool, Error> {
    Ok(db::is_known(&mut *db.conn().await?, ticket_id).await?)
}

/// The file that an attachment opens to whoever sees its ticket: the one its `fileUrl` names, if its author may read that
/// file. Otherwise knowing the id of somebody else's file would be enough to read it.
pub(super) async fn check_link(
    db: &Db,
    tickets: &TourTickets,
    visitor: &Visitor,
    named: Option<FileId>,
) -> Result<Option<FileId>, Error> {
    let Some(id) = named else { return Ok(None) };
    Ok(find_file(db, tickets, visitor, id).await?.map(|file| file.id))
}
