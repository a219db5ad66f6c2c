//! The line's tables. Which tickets a Basic user may see is decided here, in the query.

mod claim;
mod insert;
mod list;
mod read;
mod rows;
mod schema;
mod write;

pub(crate) use claim::{Claim, claim, is_same_request};
pub(crate) use list::{Filter, list_own};
pub(crate) use read::{Detail, Owner, find_detail, find_own, lock, lock_transaction};
