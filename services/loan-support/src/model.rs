//! The loan ticket and what may happen to it: pure, no I/O.

mod id;
mod message;
mod ticket;

#[cfg(test)]
mod tests;

pub(crate) use id::{MessageId, TicketId};
pub(crate) use message::{Author, Message};
pub(crate) use ticket::{Closing, Draft, Refused, Row, Ticket};
