#![doc = include_str!("../README.md")]
#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod app;
mod bus;
mod certificates;
pub mod collector;
mod database;
mod eventually;
mod http;
mod openapi;
mod process;
mod sweep;
mod tokens;

pub use app::{Builder, TestApp};
pub use bus::RecordedBus;
pub use certificates::Certificates;
pub use database::TestDatabase;
pub use eventually::eventually;
pub use http::Answer;
pub use openapi::assert_openapi;
pub use process::{Process, amqp_url};
pub use sweep::{Probe, Stranger, sweep};
pub use tokens::Tokens;
