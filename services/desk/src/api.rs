//! The canonical API over HTTP: requests, handlers, views.

mod etag;
mod openapi;
mod requests;
mod tickets;
mod views;

pub(crate) use openapi::openapi;
pub(crate) use tickets::{get_ticket, list_tickets};
