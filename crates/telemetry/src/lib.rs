#![doc = include_str!("../README.md")]

mod export;
mod line_format;
mod logs;
mod metric_store;
pub mod names;
mod otlp;
mod random;
mod span;
mod trace;

pub use export::{TraceConfig, Traces, init_traces};
pub use logs::{LogConfig, LogFormat, TelemetryError, init_logs};
pub use metric_store::{Metrics, init_metrics};
pub use span::{Kind, Span, Value, known_method};
pub use trace::{TraceContext, current, in_trace};
