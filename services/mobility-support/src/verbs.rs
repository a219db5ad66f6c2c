//! The use cases, one file each: lock the ticket as the caller may see it, let the model decide, commit.

mod assign_ticket;
mod expect_resolution;
mod reply_to_ticket;
mod request_support;
mod set_priority;
mod set_status;

pub(crate) use assign_ticket::assign_ticket;
pub(crate) use expect_resolution::expect_resolution;
pub(crate) use reply_to_ticket::reply_to_ticket;
pub(crate) use request_support::request_support;
pub(crate) use set_priority::set_priority;
pub(crate) use set_status::set_status;

use auth::Caller;
use domain::{Line, TicketKey};
use storage::Tx;

use crate::db;
use crate::error::Error;
use crate::model::Ticket;
use crate::push::Providers;

/// Locks a ticket for what only the line's support team may do. Who may not see it learns nothing of it.
async fn lock_for_support(
    tx: &mut Tx,
    providers: &Providers,
    caller: &Caller,
    key: TicketKey,
) -> Result<Ticket, Error> {
    if !caller.may_use(Line::Mobility) {
        return Err(Error::TicketNotFound);
    }
    let ticket = db::lock(tx.conn().await?, key, caller).await?.ok_or(Error::TicketNotFound)?;
    if !caller.is_support() {
        return Err(Error::NotPermitted);
    }
    Ok(if providers.listens(&ticket.row().provider) { ticket.followed() } else { ticket })
}
