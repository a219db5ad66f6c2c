//! The tests of this crate that need more than this crate.

#![expect(clippy::expect_used, reason = "a test that cannot set up shall panic")]

mod bus;
