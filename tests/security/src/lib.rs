#![doc = include_str!("../README.md")]
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

pub mod forge;
pub mod house;
pub mod raw;
pub mod recorder;
