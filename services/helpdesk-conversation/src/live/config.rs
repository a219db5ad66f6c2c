//! How live connections are kept alive. The defaults are the contract's (live protocol, section 2); tests are faster.

use serde::Deserialize;

/// The keys under `helpdesk.live`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LiveConfig {
    /// How often a client is pinged.
    pub ping_interval_ms: u64,
    /// How long a connection lasts on which nothing arrives.
    pub silence_limit_ms: u64,
    /// How often the database is asked for what no event told.
    pub poll_interval_ms: u64,
    /// Most open sockets of one user to one process: a page needs two for each of its tabs.
    pub max_sockets_per_user: usize,
}

impl Default for LiveConfig {
    fn default() -> Self {
        Self { ping_interval_ms: 30_000, silence_limit_ms: 90_000, poll_interval_ms: 500, max_sockets_per_user: 1_000 }
    }
}
