//! The line's tables. Who may see a ticket is decided here, in the query.

mod list;
mod read;
mod rows;
mod schema;
mod write;

pub(crate) use list::{list, list_ids};
pub(crate) use read::{Detail, find, find_detail, find_reference, lock, lock_by_key, sees};
pub(crate) use rows::Reference;
pub(crate) use write::{next_identity, touch};
