//! The use cases, one file each, all of one shape: lock the ticket as the caller may see it, let the model decide, commit.

mod assign_ticket;
mod join_ticket;
mod open_ticket;
mod retitle_ticket;
mod send_message;
mod set_priority;
mod set_status;

#[cfg(test)]
mod tests;

pub(crate) use assign_ticket::assign_ticket;
pub(crate) use join_ticket::join_ticket;
pub(crate) use open_ticket::open_ticket;
pub(crate) use retitle_ticket::retitle_ticket;
pub(crate) use send_message::send_message;
pub(crate) use set_priority::set_priority;
pub(crate) use set_status::set_status;
