//! What the handlers share: everything but the connections over all workers, the connections per worker.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use auth::Verifier;
use chassis::config::ToursConfig;
use chassis::{Context, Profile};

use crate::client_address::TrustedProxies;
use crate::config::GatewayConfig;
use crate::cors::Cors;
use crate::headers::PublicOrigin;
use crate::limits::{InFlight, RateLimiter};
use crate::table::Table;
use crate::tunnel::{MAX_TUNNELS, Tunnels};
use crate::upstream;

/// Streamed bodies at once, over all workers: each is a file on its way, and files are few.
const MAX_STREAMS: usize = 128;

/// What one worker's handlers share.
#[derive(Debug)]
pub struct App {
    pub(crate) shared: Arc<Shared>,
    /// The worker's own connections: the worker's runtime drives them.
    pub(crate) client: reqwest::Client,
}

/// What all workers share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) table: Table,
    pub(crate) addresses: BTreeMap<String, String>,
    pub(crate) verifier: Verifier,
    pub(crate) cors: Cors,
    pub(crate) in_flight: InFlight,
    /// Bodies that are still coming have places of their own.
    pub(crate) streams: InFlight,
    pub(crate) proxies: TrustedProxies,
    pub(crate) limiter: Option<Arc<RateLimiter>>,
    pub(crate) tunnels: Arc<Tunnels>,
    /// False while the process stops.
    pub(crate) serving: Arc<AtomicBool>,
    pub(crate) patience: Duration,
    pub(crate) public_origin: Option<PublicOrigin>,
    pub(crate) local: bool,
}

impl App {
    pub(crate) fn new(shared: Arc<Shared>) -> anyhow::Result<Self> {
        Ok(Self { shared, client: upstream::client()? })
    }
}

impl Shared {
    pub(crate) fn new(context: &Context) -> anyhow::Result<Self> {
        let gateway: GatewayConfig = context.config.section("gateway")?;
        let tours: ToursConfig = context.config.section("tours")?;
        let local = context.config.profile == Profile::Local;
        if local {
            // Now and not when `/metrics` is first read: what is counted before that would be lost.
            let _ = telemetry::init_metrics();
        }
        let public_url = context.config.http.public_url.as_deref();
        Ok(Self {
            table: Table::new(&gateway.routes, &context.addresses)?,
            addresses: context.addresses.clone(),
            verifier: context.verifier.clone(),
            cors: Cors::new(tours.cors_origins, local)?,
            in_flight: InFlight::new(gateway.max_in_flight),
            streams: InFlight::new(MAX_STREAMS),
            proxies: TrustedProxies::parse(&gateway.trusted_proxies)?,
            limiter: RateLimiter::new(gateway.rate_limit_per_second, gateway.rate_limit_burst).map(Arc::new),
            tunnels: Arc::new(Tunnels::new(MAX_TUNNELS)),
            serving: Arc::clone(&context.serving),
            patience: gateway.upstream_timeout(),
            public_origin: public_url.map(PublicOrigin::parse).transpose()?,
            local,
        })
    }
}
