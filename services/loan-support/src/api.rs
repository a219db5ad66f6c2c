//! The line's operations over HTTP: requests, handlers, views.

mod agents;
mod openapi;
mod requests;
mod tickets;
mod views;

pub(crate) use openapi::openapi;
pub(crate) use tickets::{add_message, close_ticket, create_ticket, get_ticket, list_categories, list_tickets};
