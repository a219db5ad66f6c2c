//! The use cases, one file each, all of one shape: lock the ticket as the visitor may see it, let the model decide,
//! commit.

mod assign_ticket;
mod delete_ticket;
mod open_ticket;
mod replace_ticket;
mod reply_to_ticket;
mod set_priority;
mod set_status;

pub(crate) use assign_ticket::assign_ticket;
pub(crate) use delete_ticket::delete_ticket;
pub(crate) use open_ticket::open_ticket;
pub(crate) use replace_ticket::replace_ticket;
pub(crate) use reply_to_ticket::{Text, reply_to_ticket};
pub(crate) use set_priority::set_priority;
pub(crate) use set_status::set_status;
