//! The protocol against its golden vectors, and against bytes from anyone.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod arbitrary;
mod behaviour;
mod hex;
mod invalid;
mod protocol;
mod strategies;
mod valid;
