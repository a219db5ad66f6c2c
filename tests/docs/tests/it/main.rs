//! What the documents say is what the code does.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod alerts;
mod broker;
mod commands;
mod generated;
mod links;
mod messages;
mod operations;
mod repository;
mod settings;
