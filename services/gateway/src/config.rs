//! The section `gateway`.

use std::time::Duration;

use serde::Deserialize;

/// How long a service may take to begin its answer (contracts, README 2).
const UPSTREAM_TIMEOUT_MS: u64 = 30_000;
/// Most requests at once. A request holds about 100 KiB here at most, and a service answers hundreds per second: more than
/// this many waiting means that something behind us stands still, and waiting longer helps nobody.
const MAX_IN_FLIGHT: usize = 1024;

/// Configuration of the gateway.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GatewayConfig {
    /// Rows in front of the built-in route table.
    pub routes: Vec<RouteConfig>,
    /// How long a service may take to begin its answer, in milliseconds.
    pub upstream_timeout_ms: u64,
    /// Most requests at once, over all workers.
    pub max_in_flight: usize,
    /// Networks of the proxies before the gateway, such as `10.0.0.0/8`: only what they append to `X-Forwarded-For` is
    /// believed.
    pub trusted_proxies: Vec<String>,
    /// Requests per second and caller; 0 is no limit.
    pub rate_limit_per_second: u32,
    /// Requests that a caller may make at once before the rate counts; 0 is the rate itself.
    pub rate_limit_burst: u32,
}

impl GatewayConfig {
    pub(crate) fn upstream_timeout(&self) -> Duration {
        Duration::from_millis(self.upstream_timeout_ms)
    }
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            routes: Vec::new(),
            upstream_timeout_ms: UPSTREAM_TIMEOUT_MS,
            max_in_flight: MAX_IN_FLIGHT,
            trusted_proxies: Vec::new(),
            rate_limit_per_second: 0,
            rate_limit_burst: 0,
        }
    }
}

/// A row of the route table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteConfig {
    /// `/a` is that path, `/a/*` everything below it, `/a*` both.
    pub path: String,
    /// The service it goes to. Its error shape, its check of tokens and its limits come along.
    pub service: String,
    /// What is taken off the front of the path; it must be where `path` starts.
    #[serde(default)]
    pub strip: String,
}
