//! What a process reads before it serves, and what keeps it from serving.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod config;
mod database;
