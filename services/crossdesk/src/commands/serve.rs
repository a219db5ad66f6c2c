//! `crossdesk serve`: every service in one process, each its own small HTTP server on a free loopback port, behind the
//! real gateway.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context as _, Result};
use chassis::{Config, Context, Place, Profile, Running, Stages, stop_signal};
use domain::SystemClock;
use futures_util::future::try_join_all;
use messaging::bus::{Bus, LocalBus, RabbitBus};
use secrecy::ExposeSecret as _;
use storage::migrate::ensure_database;

use crate::databases::{Server, database_name};
use crate::fleet::{GATEWAY, Hosted, SERVICES};

pub(crate) async fn run() -> Result<ExitCode> {
    let config = Config::load(Profile::Local)?;
    telemetry::init_logs(&config.log)?;
    let _metrics = telemetry::init_metrics();
    // Bound first: a port that is taken is the commonest mistake, and is found before anything is started.
    let (host, port) = (config.http.host, config.http.port);
    let front = TcpListener::bind((host, port)).with_context(|| format!("port {port} of {host}"))?;
    let url = format!("http://{}", front.local_addr()?);
    let server = Server::start(&config).await?;
    let outcome = host_all(config, &server, front, &url).await;
    server.stop().await?;
    outcome
}

async fn host_all(config: Config, server: &Server, front: TcpListener, url: &str) -> Result<ExitCode> {
    let mut places = Vec::new();
    let mut addresses = BTreeMap::new();
    for service in SERVICES {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        addresses.insert(service.name.to_owned(), format!("http://{}", listener.local_addr()?));
        places.push((service, listener));
    }
    let stages = Stages::default();
    let bus: Arc<dyn Bus> = match &config.amqp.url {
        Some(url) => RabbitBus::connect(url.expose_secret(), "crossdesk", stages.readers.clone()),
        None => local_bus(),
    };
    let context = Context::new(config, Arc::new(SystemClock), bus, addresses, stages)?;
    let starting = places.into_iter().map(|(service, listener)| start(service, listener, server, &context));
    let mut running = try_join_all(starting).await?;
    running.push((GATEWAY.start)(&context, Place { listener: front, database_url: None }).await?);
    context.serving.store(true, Ordering::Release);
    println!("crossdesk ready {url}");
    let signal = stop_signal().await?;
    tracing::info!(?signal, "stopping");
    // The gateway first: what it has taken is finished while the services still answer.
    let behind = running.split_off(running.len() - 1);
    Running::stop_all(behind, &context).await;
    Running::stop_all(running, &context).await;
    Ok(ExitCode::SUCCESS)
}

/// The in-process bus. An event waits in its log until every reader that runs here has dealt with it, also while that
/// reader is still starting.
fn local_bus() -> Arc<LocalBus> {
    let bus = LocalBus::new();
    SERVICES.iter().flat_map(|service| service.queues).for_each(|queue| bus.declare(*queue));
    bus
}

async fn start(service: &Hosted, listener: TcpListener, server: &Server, context: &Context) -> Result<Running> {
    let database_url = if service.has_database {
        ensure_database(&server.url, &database_name(service.name)).await?;
        Some(server.database_url(service.name)?)
    } else {
        None
    };
    (service.start)(context, Place { listener, database_url }).await
}
