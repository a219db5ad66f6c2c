//! `crossdesk serve`: every service in one process, each its own small HTTP server on a free loopback port, behind the
//! real gateway.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, Result};
use chassis::{Config, Context, Place, Profile, Running, Stages, StopSignals};
use domain::SystemClock;
use futures_util::future::try_join_all;
use messaging::bus::{Bus, LocalBus, RabbitBus};
use secrecy::ExposeSecret as _;
use storage::migrate::ensure_database;

use crate::databases::{Place as Where, database_name};
use crate::fleet::{self, GATEWAY, Hosted, SERVICES};
use crate::say::say;
use crate::server::Server;

/// HTTP workers of each service: all share one machine, and each has a pool of database connections.
const WORKERS: usize = 2;

pub(crate) async fn run() -> Result<ExitCode> {
    let mut config = Config::load(Profile::Local)?;
    config.http.workers.get_or_insert(WORKERS);
    telemetry::init_logs(&config.log)?;
    let _metrics = telemetry::init_metrics();
    // Bound first: a port that is taken is the commonest mistake, and is found before anything is started.
    let (host, port) = (config.http.host, config.http.port);
    let front = TcpListener::bind((host, port)).with_context(|| format!("port {port} of {host}"))?;
    let url = format!("http://{}", front.local_addr()?);
    // Listening from here on: a signal during the start must not leave a PostgreSQL behind.
    let signals = StopSignals::listen()?;
    let mut server = Server::start(&config).await?;
    let outcome = host_all(config, &mut server, (front, &url), signals).await;
    server.stop().await?;
    outcome
}

async fn host_all(
    config: Config,
    server: &mut Server,
    (front, url): (TcpListener, &str),
    signals: StopSignals,
) -> Result<ExitCode> {
    let mut places = Vec::new();
    let mut addresses = BTreeMap::new();
    for service in fleet::here(&config)? {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        addresses.insert(service.name.to_owned(), format!("http://{}", listener.local_addr()?));
        places.push((service, listener));
    }
    let stages = Stages::default();
    let bus: Arc<dyn Bus> = match &config.amqp.url {
        Some(url) => {
            let (url, prefix) = (url.expose_secret(), &config.amqp.prefix);
            RabbitBus::connect_prefixed(url, "crossdesk", prefix, stages.readers.clone())
        }
        None => local_bus(),
    };
    let context = Context::new(config, Arc::new(SystemClock), bus, addresses, stages)?;
    let mut running = vec![(GATEWAY.start)(&context, Place { listener: front, database_url: None }).await?];
    let starting = places.into_iter().map(|(service, listener)| start(service, listener, server, &context));
    running.extend(try_join_all(starting).await?);
    context.serving.store(true, Ordering::Release);
    say!("crossdesk ready {url}");
    let outcome = tokio::select! {
        signal = signals.first() => {
            tracing::info!(?signal, "stopping");
            Ok(ExitCode::SUCCESS)
        }
        error = keep_database(server) => Err(error),
    };
    Running::stop_all(running, &context).await;
    outcome
}

/// Starts the private PostgreSQL again whenever it ends by itself. Returns if that is not possible.
async fn keep_database(server: &mut Server) -> anyhow::Error {
    loop {
        let failure = server.failure().await;
        tracing::error!(%failure, "the private PostgreSQL ended; it is started again");
        if let Err(error) = server.restart().await {
            return error;
        }
    }
}

/// The in-process bus. An event waits in its log until every reader that runs here has dealt with it, also while that
/// reader is still starting.
fn local_bus() -> Arc<LocalBus> {
    let bus = LocalBus::new();
    SERVICES.iter().flat_map(|service| service.queues).for_each(|queue| bus.declare(*queue));
    bus
}

async fn start(service: &Hosted, listener: TcpListener, server: &Server, context: &Context) -> Result<Running> {
    let database_url = match (server.databases.place(service.name), server.databases.server()) {
        _ if !service.has_database => None,
        (Where::Shared(url), Some(shared)) => {
            ensure_database(shared, &database_name(service.name)).await?;
            Some(url)
        }
        (Where::Own(url) | Where::Shared(url), _) => Some(url),
        (Where::Unknown, _) => None,
    };
    (service.start)(context, Place { listener, database_url }).await
}
