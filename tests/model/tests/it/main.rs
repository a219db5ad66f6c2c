//! The models hold; each with a classic defect does not.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bridge;
mod events;
