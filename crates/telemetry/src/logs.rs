//! Logs: configuration and installation. One subscriber per process writes every event that passes the filter to
//! standard error, where container platforms and service managers collect it; standard output belongs to the commands.

use std::io::{IsTerminal, stderr};

use serde::Deserialize;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::util::SubscriberInitExt;

use crate::line_format::{JsonLines, TextLines};

/// What must not be logged whatever the filter says: the AMQP client would write whole returned messages, and those of
/// MAS carry personal data. The parser of requests would write an error for every malformed one a client sends.
const NEVER: &str = "lapin::returned_messages=off,actix_http::h1::dispatcher=off";

/// Section `log` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// How a line looks.
    pub format: LogFormat,
    /// What is logged: `level` or `target=level`, separated by commas (the directives of `tracing_subscriber::EnvFilter`).
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::default(), filter: "info,actix_server=warn".to_owned() }
    }
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people at a terminal.
    Text,
    /// One JSON object a line, for machines.
    #[default]
    Json,
}

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `log.filter` is not a list of directives.
    #[error("log filter `{filter}` is invalid")]
    Filter {
        /// What was configured.
        filter: String,
        /// What is wrong with it.
        source: ParseError,
    },
    /// A setting of section `telemetry` that cannot be used.
    #[error("telemetry.{0}")]
    Traces(String),
}

/// Starts logging to standard error. A process has one log: if it has been started before, by us or by a test, it stays
/// as it is.
///
/// # Errors
///
/// If the filter can't be understood.
pub fn init_logs(config: &LogConfig) -> Result<(), TelemetryError> {
    let filter = EnvFilter::builder()
        .parse(format!("{},{NEVER}", config.filter))
        .map_err(|source| TelemetryError::Filter { filter: config.filter.clone(), source })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    let installed = match config.format {
        LogFormat::Json => {
            builder.with_ansi(false).fmt_fields(JsonFields::new()).event_format(JsonLines).finish().try_init()
        }
        LogFormat::Text => builder.with_ansi(stderr().is_terminal()).event_format(TextLines).finish().try_init(),
    };
    if installed.is_err() {
        tracing::debug!("this process has a log already");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(json: &str) -> Result<LogConfig, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn the_default_is_json_at_info() {
        let default = LogConfig { format: LogFormat::Json, filter: "info,actix_server=warn".to_owned() };
        assert_eq!(LogConfig::default(), default);
        assert_eq!(parsed("{}").unwrap(), default);
    }

    #[test]
    fn configuration_is_read_strictly() {
        assert_eq!(parsed(r#"{"format":"text"}"#).unwrap().format, LogFormat::Text);
        assert!(parsed(r#"{"format":"yaml"}"#).is_err());
        assert!(parsed(r#"{"level":"info"}"#).unwrap_err().to_string().contains("level"));
    }

    #[test]
    fn starting_twice_is_harmless() {
        init_logs(&LogConfig::default()).unwrap();
        init_logs(&LogConfig { format: LogFormat::Text, filter: "warn,loan_support=debug".to_owned() }).unwrap();
    }

    #[test]
    fn a_filter_that_makes_no_sense_is_refused_by_its_text() {
        let error = init_logs(&LogConfig { filter: "a=b=c".to_owned(), ..LogConfig::default() }).unwrap_err();
        assert_eq!(error.to_string(), "log filter `a=b=c` is invalid");
    }
}
