//! The key `bridge` of the section `mas`: where MAS is and how patient the bridge is with it.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use chassis::Profile;
use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;

/// The service that stands in for MAS on a developer's machine.
const SIMULATOR: &str = "mas-simulator";

/// Configuration of the bridge.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BridgeConfig {
    /// Base URL of MAS; requests go to `{url}/resume-requests`. In the local profile the simulator's, if unset.
    pub url: Option<String>,
    /// Sent as a bearer token.
    pub token: Option<SecretString>,
    /// User name for Basic authentication, with `password`.
    pub user: Option<String>,
    /// Password for Basic authentication, with `user`.
    pub password: Option<SecretString>,
    /// How long to wait for a connection.
    pub connect_timeout_ms: u64,
    /// How long an attempt may take from its start to the end of the answer. A claim lasts twice as long.
    pub timeout_ms: u64,
    /// Requests on their way to MAS at once, per process.
    pub concurrency: usize,
    /// Ceiling of the rest after the first failed attempt; doubled by each further one.
    pub retry_base_ms: u64,
    /// Highest ceiling of the rest.
    pub retry_cap_ms: u64,
    /// Attempts after which a request is given up.
    pub max_attempts: u32,
    /// Age at which a request is given up at its next failure.
    pub give_up_after_hours: u32,
    /// Failures in a row that open the circuit breaker.
    pub breaker_failures: u32,
    /// How long the breaker stays open at first; doubled by each probe that fails.
    pub breaker_pause_ms: u64,
    /// The longest time it stays open.
    pub breaker_longest_pause_ms: u64,
}

impl Default for BridgeConfig {
    fn default() -> Self {
        Self {
            url: None,
            token: None,
            user: None,
            password: None,
            connect_timeout_ms: 3_000,
            timeout_ms: 15_000,
            concurrency: 16,
            retry_base_ms: 500,
            retry_cap_ms: 5 * 60 * 1_000,
            // Far more than fit into a day at the cap: by default the age decides.
            max_attempts: 1_000,
            give_up_after_hours: 24,
            breaker_failures: 5,
            breaker_pause_ms: 1_000,
            breaker_longest_pause_ms: 60_000,
        }
    }
}

impl BridgeConfig {
    /// Where requests go.
    pub(super) fn address(&self, profile: Profile, addresses: &BTreeMap<String, String>) -> anyhow::Result<Url> {
        let base = match (&self.url, profile) {
            (Some(url), _) => url,
            (None, Profile::Local) => {
                addresses.get(SIMULATOR).context("mas.bridge.url is missing, and no simulator runs")?
            }
            (None, Profile::Production) => bail!("mas.bridge.url is missing: set CROSSDESK__MAS__BRIDGE__URL"),
        };
        let url = Url::parse(&format!("{}/resume-requests", base.trim_end_matches('/'))).context("mas.bridge.url")?;
        ensure!(matches!(url.scheme(), "http" | "https"), "mas.bridge.url is not an http or https URL");
        ensure!(
            url.username().is_empty() && url.password().is_none(),
            "mas.bridge.url has credentials in it: use mas.bridge.user and mas.bridge.password"
        );
        ensure!(url.query().is_none() && url.fragment().is_none(), "mas.bridge.url has a query or a fragment");
        Ok(url)
    }

    /// Refuses what cannot work.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.user.is_some() == self.password.is_some(),
            "mas.bridge.user and mas.bridge.password belong together"
        );
        ensure!(self.user.is_none() || self.token.is_none(), "mas.bridge has both a token and a user: use one");
        for (name, value) in [
            ("connect_timeout_ms", self.connect_timeout_ms),
            ("timeout_ms", self.timeout_ms),
            ("concurrency", self.concurrency as u64),
            ("retry_base_ms", self.retry_base_ms),
            ("max_attempts", u64::from(self.max_attempts)),
            ("give_up_after_hours", u64::from(self.give_up_after_hours)),
            ("breaker_failures", u64::from(self.breaker_failures)),
            ("breaker_pause_ms", self.breaker_pause_ms),
        ] {
            ensure!(value > 0, "mas.bridge.{name} must be at least 1");
        }
        ensure!(self.retry_cap_ms >= self.retry_base_ms, "mas.bridge.retry_cap_ms is below retry_base_ms");
        Ok(())
    }

    pub(super) fn give_up_after(&self) -> Duration {
        Duration::from_secs(u64::from(self.give_up_after_hours) * 60 * 60)
    }

    /// How long a claim lasts: longer than any attempt and what is written after it.
    pub(super) fn lease(&self) -> Duration {
        Duration::from_millis(self.timeout_ms.saturating_mul(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: Option<&str>, profile: Profile) -> anyhow::Result<String> {
        let config = BridgeConfig { url: url.map(str::to_owned), ..BridgeConfig::default() };
        let addresses = BTreeMap::from([(SIMULATOR.to_owned(), "http://127.0.0.1:1".to_owned())]);
        config.address(profile, &addresses).map(String::from)
    }

    #[test]
    fn the_simulator_stands_in_on_a_developers_machine_only() {
        assert_eq!(address(None, Profile::Local).unwrap(), "http://127.0.0.1:1/resume-requests");
        assert!(address(None, Profile::Production).unwrap_err().to_string().contains("CROSSDESK__MAS__BRIDGE__URL"));
        for profile in [Profile::Local, Profile::Production] {
            assert_eq!(
                address(Some("https://mas.test/api/"), profile).unwrap(),
                "https://mas.test/api/resume-requests"
            );
        }
    }

    #[test]
    fn other_urls_are_refused() {
        for url in ["mas", "ftp://mas.test", "https://user:word@mas.test", "https://mas.test?x=1", "https://mas.test#x"]
        {
            assert!(address(Some(url), Profile::Local).is_err(), "{url}");
        }
    }

    #[test]
    fn settings_that_cannot_work_are_refused() {
        let good = BridgeConfig::default;
        assert!(good().check().is_ok());
        for bad in [
            BridgeConfig { concurrency: 0, ..good() },
            BridgeConfig { timeout_ms: 0, ..good() },
            BridgeConfig { retry_cap_ms: 1, ..good() },
            BridgeConfig { user: Some("mas".to_owned()), ..good() },
            BridgeConfig {
                user: Some("mas".to_owned()),
                password: Some("word".into()),
                token: Some("token".into()),
                ..good()
            },
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let config =
            BridgeConfig { token: Some("hush".into()), password: Some("hush".into()), ..BridgeConfig::default() };
        assert!(!format!("{config:?}").contains("hush"));
    }
}
