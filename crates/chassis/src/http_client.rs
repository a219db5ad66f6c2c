//! The one way to make an HTTP client: with timeouts, without redirects, with one TLS provider.

use std::time::Duration;

use crate::ConfigError;

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a whole call may take: below the gateway's patience of 30 s.
const TIMEOUT: Duration = Duration::from_secs(25);
/// How long an idle connection is kept: below the 75 s after which our servers close it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// A client for calls to other systems. Each runtime makes its own: connections are driven by the runtime that uses them.
pub fn http_client() -> Result<reqwest::Client, ConfigError> {
    // A second installation is refused, and that is fine: it is the same provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        // Calls between services stay between them, whatever HTTP_PROXY says.
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| ConfigError::Refused(format!("no HTTP client: {error}")))
}
