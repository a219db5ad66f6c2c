#![doc = include_str!("../README.md")]

mod account;
mod cluster;
mod error;
mod initialise;
mod leftover;
mod place;
mod programs;
mod server;
mod settings;

pub use cluster::{Cluster, Options};
pub use error::LocalPgError;
pub use programs::{Programs, find_programs, find_programs_beside};
