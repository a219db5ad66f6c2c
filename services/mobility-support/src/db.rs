//! The line's tables. Who may see a ticket is decided here, in the query.

mod deliveries;
mod list;
mod read;
mod rows;
mod schema;
mod write;

pub(crate) use deliveries::{Due, backlog, claim_due, put_off, settle};
pub(crate) use list::{Filter, Listed, list};
pub(crate) use read::{Detail, Found, find_detail, find_own, is_accepted, lock, lock_own};
pub(crate) use rows::StoredMessage;
pub(crate) use write::remember;
