//! The read model's table. Who may see a ticket is decided here, in the query.

mod list;
mod project;
mod read;
mod rows;
mod schema;
mod statement;

pub(crate) use list::list;
pub(crate) use project::{Projected, project};
pub(crate) use read::find;
