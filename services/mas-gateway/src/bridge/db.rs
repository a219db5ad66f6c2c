//! The table of resume requests. All times are the database's: bridges on several machines share one clock.

mod claim;
mod operators;
mod schema;
mod settle;

pub(crate) use claim::{Claimed, NewRequest, claim, insert};
pub(crate) use operators::{Filter, Retry, StoredRequest, backlog, forget_bodies, list, revive};
pub(crate) use settle::{Postponed, bury, finish, postpone};
