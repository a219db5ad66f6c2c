//! Tells providers what support changed, if they want that: from a table that is written with the change, at least
//! once, in order per ticket, for a day. A job per provider, so that one that does not answer keeps nobody waiting.

mod address;
mod courier;
mod notification;
mod providers;

#[cfg(test)]
mod tests;

pub(crate) use courier::jobs;
pub(crate) use providers::Providers;
