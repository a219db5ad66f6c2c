//! The section `mobility`: which providers are told of what support changes. The others ask.

use domain::Subject;
use secrecy::SecretString;
use serde::Deserialize;

/// Configuration of the mobility line.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MobilityConfig {
    /// The providers that are told.
    pub notify: Vec<EndpointConfig>,
}

/// Where a provider is told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointConfig {
    /// The provider: the subject of its tokens.
    pub subject: Subject,
    /// Its TOMP-API: `/processes/notification/execution` is below this.
    pub url: String,
    /// The bearer token it wants.
    pub token: SecretString,
}
