//! The whole thing as its users meet it: programs, sockets, signals, both ways of running.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod distributed;
mod examples;
mod live;
mod one_process;
mod operator;
mod program;
mod story;
