//! The use cases, one file each, all of one shape: lock the ticket as the caller may see it, let the model decide, commit.

mod add_message;
mod assign_ticket;
mod close_ticket;
mod open_ticket;
mod set_priority;
mod set_status;

pub(crate) use add_message::{Text, add_message};
pub(crate) use assign_ticket::assign_ticket;
pub(crate) use close_ticket::close_ticket;
pub(crate) use open_ticket::open_ticket;
pub(crate) use set_priority::set_priority;
pub(crate) use set_status::set_status;
