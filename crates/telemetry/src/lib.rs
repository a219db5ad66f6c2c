#![doc = include_str!("../README.md")]

mod line_format;
mod logs;
mod metric_store;
pub mod names;
mod random;
mod trace;

pub use logs::{LogConfig, LogFormat, TelemetryError, init_logs};
pub use metric_store::{Metrics, init_metrics};
pub use trace::{TraceContext, current, in_trace};
