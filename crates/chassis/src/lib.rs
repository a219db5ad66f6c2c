#![doc = include_str!("../README.md")]

pub mod config;
mod context;
mod crash_points;
mod database;
mod host;
mod http_client;
mod internal_events;
mod program;
pub mod secrets;
mod service;
mod signals;
mod stepped_clock;

pub use config::{Config, ConfigError, Profile};
pub use context::{Context, Stages};
pub use host::{Place, Running, migrations, start};
pub use http_client::http_client;
pub use program::run;
pub use service::{Job, Service, Subscription, Worker};
pub use signals::{StopSignal, StopSignals};
