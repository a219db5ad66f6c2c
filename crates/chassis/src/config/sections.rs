//! The sections that every service has.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

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
    /// How long requests are still taken after readiness is off, in milliseconds, so that whoever sends them can notice.
    pub drain_ms: Option<u64>,
}

impl HttpConfig {
    /// Longer than load balancers take to notice (a readiness probe each 2 s), unless configured; on a developer's machine
    /// nobody balances, and Ctrl-C should be quick.
    pub(crate) fn drain(&self, profile: Profile) -> Duration {
        let by_profile = match profile {
            Profile::Local => Duration::ZERO,
            Profile::Production => Duration::from_secs(5),
        };
        self.drain_ms.map_or(by_profile, Duration::from_millis)
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 8080,
            admin_port: None,
            public_url: None,
            workers: None,
            drain_ms: None,
        }
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
    /// Before the name of each exchange and queue, for several installations on one broker. The contract's names have none.
    pub prefix: String,
}

/// Whom a service trusts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthConfig {
    /// The trusted issuers of tokens.
    pub issuers: Vec<IssuerConfig>,
    /// The secret with which Crossdesk's services sign their tokens for each other: at least 32 bytes.
    pub service_secret: Option<SecretString>,
    /// A second secret that counts as well, while one is replaced by another.
    pub service_secret_also: Option<SecretString>,
}
