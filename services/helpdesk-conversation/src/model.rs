//! Tickets, their conversations and who is told what: pure, no I/O.

mod audience;
mod entry;
mod notification;
mod ticket;
mod title;
mod user;

#[cfg(test)]
mod tests;

pub(crate) use audience::Person;
pub(crate) use entry::{Entry, What};
pub(crate) use notification::{About, Notification};
pub(crate) use ticket::{EntryIds, Member, NewIds, Refused, Row, Ticket};
pub(crate) use title::Title;
pub(crate) use user::{Author, Membership, User};
