#![doc = include_str!("../README.md")]

pub mod audit;
pub mod bus;
mod commit;
pub mod consumer;
mod counters;
pub mod event_log;
pub mod outgoing;
mod owner;
mod receive;
pub mod relay;
mod schema;
mod spans;
pub mod topology;

pub use commit::{Persist, commit};
pub use consumer::{Apply, ApplyError, Consumer};
pub use outgoing::{Outgoing, Put};
pub use owner::{HttpOwner, Owner, OwnerError, PAGE, ServiceToken};
pub use receive::{Receive, ReceiveError, Received, Receiver};
pub use relay::Relay;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

/// The tables this crate needs in every service's database.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!();
