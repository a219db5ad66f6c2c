//! The sections that every service has.

use std::net::{IpAddr, Ipv4Addr};

use auth::IssuerConfig;
use secrecy::SecretString;
use serde::Deserialize;

/// How strict a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// A developer's machine: generated secrets, sample credentials, migrations at start.
    Local,
    /// Everything else: nothing is assumed, and a missing or sample secret is refused.
    Production,
}

/// Where a service listens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on.
    pub port: u16,
    /// The port for `/metrics`, which no client needs; none if unset.
    pub admin_port: Option<u16>,
    /// The origin in `Location` and links, if not that of the request.
    pub public_url: Option<String>,
    /// HTTP worker threads; the number of cores if unset.
    pub workers: Option<usize>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self { host: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 8080, admin_port: None, public_url: None, workers: None }
    }
}

/// A service's database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// `postgres://user:password@host/database`. The one-process host puts each service's database on this server.
    pub url: Option<SecretString>,
    /// Most connections of one HTTP worker.
    pub pool_size: usize,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        // Enough that a worker never waits for one below 16 requests at once; two workers and eight services stay
        // below PostgreSQL's limit.
        Self { url: None, pool_size: 16 }
    }
}

/// The broker.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AmqpConfig {
    /// `amqp://user:password@host:port/vhost`; the in-process bus if unset.
    pub url: Option<SecretString>,
}

/// Whom a service trusts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthConfig {
    /// The trusted issuers of tokens.
    pub issuers: Vec<IssuerConfig>,
    /// The secret with which Crossdesk's services sign their tokens for each other: at least 32 bytes.
    pub service_secret: Option<SecretString>,
}
