//! Somebody wants a file: its uploader, support, or whoever sees a ticket that it is attached to (contract, section 12).

use storage::Db;

use crate::db::{self, Found};
use crate::error::Error;
use crate::model::{File, FileId};
use crate::tour_tickets::TourTickets;
use crate::visitor::{Reach, Visitor};

/// Up to so many tickets are asked about one by one; beyond that, the customer's own are listed.
const FEW: usize = 4;

/// The file, if the visitor may read it.
pub(crate) async fn find_file(
    db: &Db,
    tickets: &TourTickets,
    visitor: &Visitor,
    id: FileId,
) -> Result<Option<File>, Error> {
    // The connection is back in the pool before tour-tickets is asked.
    let found = db::find_file(&mut *db.conn().await?, id).await?;
    readable(tickets, visitor, found).await
}

async fn readable(tickets: &TourTickets, visitor: &Visitor, found: Option<Found>) -> Result<Option<File>, Error> {
    let Some(Found { file, tickets: attached_to }) = found else { return Ok(None) };
    let customer = match visitor.reach() {
        Reach::All => return Ok(Some(file)),
        Reach::Own(customer) => customer,
    };
    if file.uploader == *customer {
        return Ok(Some(file));
    }
    if !visitor.is_of_tours() || attached_to.is_empty() {
        return Ok(None);
    }
    if attached_to.len() > FEW {
        let own = tickets.own(customer).await?;
        return Ok(attached_to.iter().any(|ticket| own.contains(ticket)).then_some(file));
    }
    for ticket in attached_to {
        if tickets.find_own(ticket, customer).await?.is_some() {
            return Ok(Some(file));
        }
    }
    Ok(None)
}
