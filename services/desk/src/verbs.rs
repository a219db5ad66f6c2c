//! The use cases, one file each.

mod list_tickets;
mod read_ticket;

pub(crate) use list_tickets::{Page, list_tickets};
pub(crate) use read_ticket::{Detail, read_ticket};
