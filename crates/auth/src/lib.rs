#![doc = include_str!("../README.md")]

mod authorization;
pub mod basic;
mod caller;
mod claims;
mod config;
mod issuer;
mod keys;
mod minter;
mod token;
mod verifier;

pub use authorization::bearer;
pub use caller::Caller;
pub use config::{ConfigError, IssuerConfig, JwksAlgorithm};
pub use minter::{MintError, Minter, TokenRequest};
pub use verifier::{Refused, Verifier};
