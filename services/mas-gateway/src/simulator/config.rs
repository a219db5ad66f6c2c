//! The key `simulator` of the section `mas`.

use secrecy::SecretString;
use serde::Deserialize;

/// How long an answer takes unless configured: a MAS takes its time, and whoever plays the contract's examples by hand sees a
/// request that is still open.
const DELAY_MS: u64 = 3_000;

/// Configuration of the simulator.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SimulatorConfig {
    /// Lets it run outside of the local profile.
    pub enabled: bool,
    /// The bearer token that requests must show; none if unset.
    pub token: Option<SecretString>,
    /// How many of the requests fail, from 0 to 1: half of them before and half of them after their effect.
    pub fail_rate: f64,
    /// How long each answer takes.
    pub delay_ms: u64,
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        Self { enabled: false, token: None, fail_rate: 0.0, delay_ms: DELAY_MS }
    }
}
