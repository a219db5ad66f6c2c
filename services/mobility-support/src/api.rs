//! The line's operations over HTTP: requests, handlers, views.

mod agents;
mod discovery;
mod openapi;
mod requests;
mod support;
mod views;

pub(crate) use agents::expect_resolution;
pub(crate) use discovery::{
    get_api, get_collection, get_conformance, get_health, get_landing_page, get_process, list_collections,
    list_processes, refuse_execution,
};
pub(crate) use openapi::openapi;
pub(crate) use support::{execute_request_support, list_support_tickets, request_support};
pub(crate) use views::items_url;
