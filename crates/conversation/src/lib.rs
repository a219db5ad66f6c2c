#![doc = include_str!("../README.md")]

mod element;
mod leb128;
mod message;
pub mod wire;

pub use message::{Invalid, Message};
