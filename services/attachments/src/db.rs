//! The tables. Which tickets count is decided here, in the queries.

mod attachments;
mod files;
mod folders;
mod schema;

pub(crate) use attachments::{PAGE, Page, Scope, find, ids_of, list};
pub(crate) use files::{Found, abandon_old, abandoned, begin_upload, complete_upload, find_file, forget_upload};
pub(crate) use folders::{Locked, bury, introduce, is_known, lock, lock_pair, lock_to_add};
