//! The line's operations over HTTP: requests, handlers, views.

mod access;
mod agents;
mod internal;
mod list;
mod openapi;
mod requests;
mod tickets;
mod views;

pub(crate) use internal::{get_reference, list_ticket_ids};
pub(crate) use list::list_tickets;
pub(crate) use openapi::openapi;
pub(crate) use tickets::{create_ticket, delete_ticket, get_ticket, replace_ticket};
