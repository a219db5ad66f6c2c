//! What the desk knows of a ticket, what an event does to that, and what a caller may do: pure, no I/O.

mod actions;
mod batch;
mod effect;
mod filter;
mod ticket;

pub(crate) use actions::Actions;
pub(crate) use batch::{Batch, Change};
pub(crate) use effect::{Assignment, Effect, Update};
pub(crate) use filter::{After, Assignee, Filter, Sort};
pub(crate) use ticket::Ticket;
