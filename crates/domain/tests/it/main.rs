//! The shared words: what the canonical mapping and the event contract require of them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod events;
mod mapping;
