//! Attacks, each with a name, on the real services over real sockets.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod audit;
mod canary;
mod production;
mod rotation;
mod smuggling;
mod tokens;
mod uploads;
