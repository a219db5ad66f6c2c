//! The tests of this crate that need more than this crate.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bus;
mod flow;
mod messages;
mod traces;
