//! Configuration: `config/*.toml`, then the environment, then nothing. Each section is a struct that names its keys; an
//! unknown key is an error, because a typing error in a setting must not pass for the default.

mod sections;
mod sources;
mod tours;

use std::path::PathBuf;

use serde::de::DeserializeOwned;

pub use sections::{AmqpConfig, AuthConfig, DatabaseConfig, HttpConfig, Profile};
pub use sources::Sources;
pub use tours::{AnonymousAccess, Origins, ToursConfig};

/// A setting that cannot be used. The text names the key.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file or a value that cannot be read.
    #[error("configuration: {0}")]
    Unreadable(String),
    /// A section that does not exist.
    #[error("configuration: unknown section `{0}`; the sections are {1}")]
    UnknownSection(String, String),
    /// A key that does not exist, or a value of the wrong type.
    #[error("configuration: {section}.{key}: {reason}")]
    Wrong {
        /// The section.
        section: String,
        /// The key, as far as it could be read.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A setting without which the program must not start.
    #[error("configuration: {0}")]
    Refused(String),
}

/// Sections that services read for themselves. Every program knows all names, so that one environment serves all.
const SERVICE_SECTIONS: [&str; 9] =
    ["attachments", "desk", "files", "gateway", "helpdesk", "loan", "mas", "mobility", "tours"];

/// Sections that the chassis reads, and `databases`, which `crossdesk` does.
const COMMON_SECTIONS: [&str; 10] =
    ["amqp", "auth", "data_dir", "database", "databases", "http", "log", "profile", "services", "telemetry"];

/// The configuration of a process.
#[derive(Debug, Clone)]
pub struct Config {
    /// `local` or `production`.
    pub profile: Profile,
    /// Where a local instance keeps its data and secrets.
    pub data_dir: PathBuf,
    /// Where the service listens.
    pub http: HttpConfig,
    /// Its database.
    pub database: DatabaseConfig,
    /// The broker; without it, the in-process bus.
    pub amqp: AmqpConfig,
    /// Whom it trusts.
    pub auth: AuthConfig,
    /// Its logs.
    pub log: telemetry::LogConfig,
    /// Its traces.
    pub telemetry: telemetry::TraceConfig,
    /// Base URL by service name, underscores for hyphens.
    pub services: std::collections::BTreeMap<String, String>,
    sources: Sources,
}

impl Config {
    /// Reads the files in `config/` and the process's environment.
    pub fn load(default_profile: Profile) -> Result<Self, ConfigError> {
        Self::from_sources(Sources::of_process()?, default_profile)
    }

    /// Reads these sources.
    pub fn from_sources(sources: Sources, default_profile: Profile) -> Result<Self, ConfigError> {
        for section in sources.sections() {
            if !SERVICE_SECTIONS.contains(&section) && !COMMON_SECTIONS.contains(&section) {
                let mut known = [&SERVICE_SECTIONS[..], &COMMON_SECTIONS[..]].concat();
                known.sort_unstable();
                return Err(ConfigError::UnknownSection(section.to_owned(), known.join(", ")));
            }
        }
        let profile: Option<Profile> = sources.section("profile")?;
        let data_dir: Option<PathBuf> = sources.section("data_dir")?;
        Ok(Self {
            profile: profile.unwrap_or(default_profile),
            data_dir: data_dir.unwrap_or_else(|| PathBuf::from(".crossdesk")),
            http: sources.section("http")?,
            database: sources.section("database")?,
            amqp: sources.section("amqp")?,
            auth: sources.section("auth")?,
            log: sources.section("log")?,
            telemetry: sources.section("telemetry")?,
            services: sources.section("services")?,
            sources,
        })
    }

    /// A service's own section.
    pub fn section<T: DeserializeOwned + Default>(&self, name: &str) -> Result<T, ConfigError> {
        self.sources.section(name)
    }
}
