//! The line's tables. Who may see a ticket is decided here, in the query.

mod list;
mod read;
mod rows;
mod schema;
mod write;

pub(crate) use list::{Filter, Listed, count_own, list_own};
pub(crate) use read::{Detail, find, find_newest, lock};
pub(crate) use rows::StoredMessage;
