#![doc = include_str!("../README.md")]

pub mod bridge;
pub mod events;
mod explore;

pub use explore::{Explored, explore, refute};
