//! The operations over HTTP: requests, handlers, views.

mod attachments;
mod files;
mod internal;
mod listing;
mod once_per_file;
mod openapi;
mod requests;
mod time;
mod views;

pub(crate) use attachments::{
    create_attachment, delete_attachment, get_attachment, list_attachments, replace_attachment,
};
pub(crate) use files::{create_file, get_file};
pub(crate) use internal::bury_ticket;
pub(crate) use openapi::openapi;
