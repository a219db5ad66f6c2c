//! The use cases, one file each. All but the first are of one shape: lock the ticket, let the model decide, commit.

mod accept_request;
mod assign_ticket;
mod record_outcome;
mod reply_to_ticket;
mod set_priority;
mod set_status;

pub(crate) use accept_request::accept_request;
pub(crate) use assign_ticket::assign_ticket;
pub(crate) use record_outcome::{Recorded, record_outcome};
pub(crate) use reply_to_ticket::reply_to_ticket;
pub(crate) use set_priority::set_priority;
pub(crate) use set_status::set_status;
