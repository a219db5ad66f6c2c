//! The line's operations over HTTP: who calls, requests, handlers, views.

mod agents;
mod fields;
mod openapi;
mod requests;
mod source;
mod tickets;
mod views;

pub(crate) use openapi::openapi;
pub(crate) use source::tracking_id;
pub(crate) use tickets::{create_ticket, get_ticket, list_tickets};
