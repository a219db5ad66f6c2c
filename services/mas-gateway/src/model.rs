//! The resume request, its ticket and what may happen to it: pure, no I/O.

mod command;
mod id;
mod outcome;
mod request;
mod ticket;

#[cfg(test)]
mod tests;

pub(crate) use command::Command;
pub(crate) use id::{CustomerId, TransactionId};
pub(crate) use outcome::{Outcome, Settled};
pub(crate) use request::{Draft, Requestor, ServiceItem, Submission};
pub(crate) use ticket::{Closing, Refused, Reply, Row, Ticket};
