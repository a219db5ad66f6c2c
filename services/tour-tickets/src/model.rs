//! The marketplace ticket and what may happen to it: pure, no I/O.

mod content;
mod ticket;
mod time;
mod visitor;
mod words;

#[cfg(test)]
mod tests;

pub(crate) use content::{Content, Draft, NewTicket};
pub(crate) use ticket::{Identity, Refused, Reply, Row, Ticket, Work};
pub(crate) use time::Moment;
pub(crate) use visitor::{Sight, UserNumber, Visitor};
pub(crate) use words::{Category, RoleContext};
