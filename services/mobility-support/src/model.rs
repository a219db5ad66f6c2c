//! The mobility ticket and what may happen to it: pure, no I/O.

mod content;
mod execution;
mod id;
mod ticket;
mod words;

#[cfg(test)]
mod tests;

pub(crate) use content::{Content, Context, Damage, Link, Links};
pub(crate) use execution::{Execution, Fingerprint, fingerprint, whole};
pub(crate) use id::TicketId;
pub(crate) use ticket::{Message, New, Refused, Row, Sent, Ticket};
pub(crate) use words::{AssetComponent, LinkMethod, SupportType, words_schema};
