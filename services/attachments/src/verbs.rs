//! The use cases, one file each: find out what the visitor may see (with no
//! transaction open), lock the ticket's folder, let it decide, commit.

mod add_attachment;
mod bury_ticket;
mod find_attachment;
mod find_file;
mod prepare;
mod remove_attachment;
mod replace_attachment;

pub(crate) use add_attachment::add_attachment;
pub(crate) use bury_ticket::bury_ticket;
pub(crate) use find_attachment::find_attachment;
pub(crate) use find_file::find_file;
pub(crate) use prepare::{Prepared, prepare};
pub(crate) use remove_attachment::remove_attachment;
pub(crate) use replace_attachment::replace_attachment;
