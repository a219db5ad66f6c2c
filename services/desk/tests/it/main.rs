//! The desk over HTTP, with a real database, the in-process bus, and a stand-in for the services that own tickets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod list;
mod owner;
mod paging;
mod read;
mod read_model;
mod recovery;
mod story;
mod visibility;
