#![doc = include_str!("../README.md")]

mod asyncapi;
mod envelopes;
mod events_page;
mod mas;
mod schemas;
mod topology;

pub use asyncapi::document;
pub use envelopes::{Example, examples};
pub use events_page::page;
pub use topology::{Declared, exchanges, queues};
