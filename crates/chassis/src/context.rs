//! What a process gives to the services it hosts. Nothing here is global, so tests give their own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use auth::{IssuerConfig, Minter, TokenRequest, Verifier};
use domain::{Clock, Role, Subject};
use messaging::bus::Bus;
use messaging::{HttpOwner, Owner};
use secrecy::{ExposeSecret as _, SecretString};
use tokio_util::sync::CancellationToken;

use crate::{Config, ConfigError, Profile, http_client, secrets};

/// Who signs the tokens that Crossdesk's services show each other.
const SERVICE_ISSUER: &str = "crossdesk-services";
/// How long such a token is good: longer than any request that carries it.
const SERVICE_TOKEN_TTL: Duration = Duration::from_secs(300);

/// The stages of stopping, in order.
#[derive(Debug, Clone, Default)]
pub struct Stages {
    /// Cancelled first: connections that would stay open for ever say goodbye.
    pub sockets: CancellationToken,
    /// Cancelled once no request runs any more: relays publish what is left and stop.
    pub relays: CancellationToken,
    /// Cancelled last: readers, jobs and the bus stop.
    pub readers: CancellationToken,
}

/// What a service is given at start.
#[derive(Clone)]
pub struct Context {
    /// The configuration.
    pub config: Arc<Config>,
    /// Time and ids.
    pub clock: Arc<dyn Clock>,
    /// Verifies tokens.
    pub verifier: Verifier,
    /// Carries events.
    pub bus: Arc<dyn Bus>,
    /// Calls other systems from background tasks; an HTTP worker makes its own.
    pub http: reqwest::Client,
    /// Base URL by service name.
    pub addresses: BTreeMap<String, String>,
    /// False while the process stops.
    pub serving: Arc<AtomicBool>,
    /// The stages of stopping.
    pub stages: Stages,
    /// Whether schema changes are made at start; otherwise a database that lacks one is refused.
    pub migrate: bool,
    /// The way to the trace collector, if one is configured.
    pub(crate) traces: Option<telemetry::Traces>,
    service_minter: Arc<Minter>,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

impl Context {
    /// Puts together what services need. `addresses` are completed from the configuration.
    pub fn new(
        config: Config,
        clock: Arc<dyn Clock>,
        bus: Arc<dyn Bus>,
        mut addresses: BTreeMap<String, String>,
        stages: Stages,
    ) -> Result<Self, ConfigError> {
        let http = http_client()?;
        // With a client of its own: the exporter's thread drives its connections.
        let traces = telemetry::init_traces(&config.telemetry, http_client()?)
            .map_err(|error| ConfigError::Refused(error.to_string()))?;
        let (issuers, service_secret) = trusted(&config)?;
        let verifier = Verifier::new(issuers, Arc::clone(&clock), http.clone())
            .map_err(|error| ConfigError::Refused(error.to_string()))?;
        for (name, url) in &config.services {
            addresses.entry(name.replace('_', "-")).or_insert_with(|| url.trim_end_matches('/').to_owned());
        }
        Ok(Self {
            clock,
            verifier,
            bus,
            http,
            addresses,
            serving: Arc::new(AtomicBool::new(false)),
            stages,
            migrate: config.profile == Profile::Local,
            traces,
            service_minter: Arc::new(Minter::hs256(SERVICE_ISSUER, None, &service_secret)),
            config: Arc::new(config),
        })
    }

    /// A token of role `service` for a call to another Crossdesk service.
    #[must_use]
    pub fn service_token(&self, service: &str) -> Option<String> {
        let subject = Subject::try_from(service).ok()?;
        let request = TokenRequest { ttl: SERVICE_TOKEN_TTL, ..TokenRequest::new(subject, Role::Service) };
        let minted = self.service_minter.mint(&request, self.clock.now());
        minted.inspect_err(|error| tracing::error!(%error, "no service token could be made")).ok()
    }

    /// Where missed events come from.
    pub(crate) fn owner(&self, service: &'static str) -> Arc<dyn Owner> {
        let context = self.clone();
        let token = Arc::new(move || context.service_token(service));
        Arc::new(HttpOwner::new(service, self.http.clone(), self.addresses.clone(), token))
    }
}

/// The issuers to trust, ours for service tokens among them, and the secret of that one.
fn trusted(config: &Config) -> Result<(Vec<IssuerConfig>, SecretString), ConfigError> {
    let mut issuers = config.auth.issuers.clone();
    let service_secret = match (&config.auth.service_secret, config.profile) {
        (Some(secret), _) => secret.clone(),
        (None, Profile::Local) => secrets::local_secret(&config.data_dir, "services")?,
        (None, Profile::Production) => {
            return Err(ConfigError::Refused(
                "auth.service_secret is missing: set CROSSDESK__AUTH__SERVICE_SECRET_FILE to a file with at least 32 \
                 random bytes, the same for all services"
                    .to_owned(),
            ));
        }
    };
    if config.profile == Profile::Production {
        secrets::refuse_samples(config, &service_secret)?;
    } else if issuers.is_empty() {
        issuers.push(secrets::local_issuer(&config.data_dir)?);
    }
    // Whoever gets hold of this secret becomes a service, and nobody of the support team.
    let services = IssuerConfig::hs256(SERVICE_ISSUER, service_secret.expose_secret());
    let hs256_secret_also = config.auth.service_secret_also.clone();
    issuers.push(IssuerConfig { strongest_role: Some(Role::Service), hs256_secret_also, ..services });
    Ok((issuers, service_secret))
}
