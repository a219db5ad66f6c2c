//! What operators see, and what an upgrade does.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod broker;
mod expand_only;
mod house;
mod metrics;
mod previous;
mod recorded;
mod reversible;
mod source;
mod traces;
mod upgrade;
