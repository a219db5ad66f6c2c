//! Starts a service and stops it again. A process hosts one service, or all of them.

use std::net::{SocketAddr, TcpListener};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web as actix};
use anyhow::Context as _;
use diesel_migrations::EmbeddedMigrations;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use messaging::{Consumer, Receiver, Relay};
use metrics::gauge;
use storage::{Db, migrate};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use web::health::{self, Health};
use web::{Access, Fault, Observe, Refusal, Routes};

use crate::database;
use crate::internal_events::{self, EventSource};
use crate::service::{Effect, Subscription};
use crate::{Context, Service, Worker, http_client};

/// How long requests that run may take to finish when the process stops. With the time to drain before it and twice the
/// next, this keeps the promise of 20 s; the one-process host waits twice, for the gateway and for what is behind it, and
/// does not drain.
const FINISH_REQUESTS: Duration = Duration::from_secs(6);
/// How long the relay may take to publish what is left, and readers to finish their batch.
const FINISH_BACKGROUND: Duration = Duration::from_secs(4);
/// How long a stop waits for the trace collector to take the last spans.
const FLUSH_TRACES: Duration = Duration::from_millis(500);
/// How long a client may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an idle connection stays open: longer than the gateway's client keeps it, so that it is never cut in use.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How often idempotency keys are looked through for old ones.
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);
/// Connections of the background tasks: relay, readers, jobs.
const BACKGROUND_POOL: usize = 4;

/// Where a service runs.
#[derive(Debug)]
pub struct Place {
    /// Where it accepts requests.
    pub listener: TcpListener,
    /// Its database, if it has one.
    pub database_url: Option<String>,
}

/// A service that runs.
#[derive(Debug)]
pub struct Running {
    name: &'static str,
    address: SocketAddr,
    server: ServerHandle,
    relays: JoinSet<()>,
    readers: JoinSet<()>,
}

/// The schema changes of a service: the shared crates' and its own. None if it has no database.
#[must_use]
pub fn migrations<S: Service>() -> Vec<EmbeddedMigrations> {
    let own = S::MIGRATIONS;
    own.map_or_else(Vec::new, |own| vec![migrate::MIGRATIONS, messaging::MIGRATIONS, own])
}

/// Starts a service: schema, HTTP server, relay, readers, jobs.
pub async fn start<S: Service>(context: &Context, place: Place) -> anyhow::Result<Running> {
    let service = Arc::new(S::new(context).with_context(|| format!("{} cannot start", S::NAME))?);
    let address = place.listener.local_addr()?;
    let nudge = Arc::new(Notify::new());
    let database = match (S::MIGRATIONS, place.database_url) {
        (Some(_), Some(url)) => {
            database::prepare::<S>(context, &url).await.with_context(|| format!("{}'s database", S::NAME))?;
            Some(Db::new(&url, S::NAME, BACKGROUND_POOL, Arc::clone(&context.clock), Arc::clone(&nudge))?)
                .map(|db| (url, db))
        }
        (Some(_), None) => anyhow::bail!("{} needs a database: set CROSSDESK__DATABASE__URL", S::NAME),
        (None, _) => None,
    };
    let (mut relays, mut readers) = (JoinSet::new(), JoinSet::new());
    let stop = &context.stages.readers;
    if let Some((_, db)) = &database {
        let relay = Relay::new(S::NAME, db.clone(), Arc::clone(&context.bus), Arc::clone(&nudge), &*context.clock);
        let last = &context.stages.relays;
        relays.spawn(watched::<S>(context, "relay", last, relay.run(last.clone())));
        for Subscription { queue, effect } in service.subscriptions(db) {
            let bus = Arc::clone(&context.bus);
            match effect {
                Effect::Events(effect) => {
                    let consumer = Consumer::new(S::NAME, queue, db.clone(), (bus, context.owner(S::NAME)), effect);
                    readers.spawn(watched::<S>(context, queue.name(), stop, consumer.run(stop.clone())));
                }
                Effect::Messages(effect) => {
                    let receiver = Receiver::new(S::NAME, queue, bus, effect);
                    readers.spawn(watched::<S>(context, queue.name(), stop, receiver.run(stop.clone())));
                }
            }
        }
        readers.spawn(watched::<S>(context, "forget_what_is_old", stop, forget_what_is_old(db.clone(), stop.clone())));
        readers.spawn(watched::<S>(context, "audit", stop, messaging::audit::run(S::NAME, db.clone(), stop.clone())));
    }
    for job in service.jobs(database.as_ref().map(|(_, db)| db)) {
        readers.spawn(watched::<S>(context, job.name, stop, (job.run)(stop.clone())));
    }
    gauge!(telemetry::names::BUILD_INFO, "service" => S::NAME, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    // Tried once here, where it can still keep the process from starting; each worker makes its own.
    let clock = Arc::clone(&context.clock);
    let db = database.as_ref().map(|(_, db)| db.clone());
    drop(service.app(Worker { db, clock, http: context.http.clone() }).context(S::NAME)?);
    let server = serve::<S>(context, service, place.listener, database, nudge)?;
    Ok(Running { name: S::NAME, address, server, relays, readers })
}

fn serve<S: Service>(
    context: &Context,
    service: Arc<S>,
    listener: TcpListener,
    database: Option<(String, Db)>,
    nudge: Arc<Notify>,
) -> anyhow::Result<ServerHandle> {
    let pool_size = context.config.database.pool_size;
    let workers = context.config.http.workers;
    let context = context.clone();
    let verifier = actix::Data::new(context.verifier.clone());
    // Runs once on each worker, inside the worker's own runtime: what it opens, that runtime drives.
    let app = move || {
        let db = database
            .as_ref()
            .and_then(|(url, _)| Db::new(url, S::NAME, pool_size, Arc::clone(&context.clock), Arc::clone(&nudge)).ok());
        let worker = http_client()
            .map_err(anyhow::Error::from)
            .and_then(|http| service.app(Worker { db: db.clone(), clock: Arc::clone(&context.clock), http }));
        let state = worker.map(actix::Data::new).inspect_err(|error| {
            tracing::error!(service = S::NAME, %error, "a worker has nothing to work with");
        });
        let mut routes = S::routes(Routes::new(Access::Token));
        if db.is_some() {
            routes = internal_events::routes(routes);
        }
        let fallback = routes.take_fallback();
        App::new()
            .app_data(S::SHAPE)
            .app_data(verifier.clone())
            // With the worker's own connections: it is the worker's runtime that asks.
            .app_data(actix::Data::new(Health::new(S::NAME, db.clone(), Arc::clone(&context.serving))))
            .configure(|config| {
                if let Ok(state) = state {
                    config.app_data(state);
                }
                if let Some(db) = db {
                    config.app_data(actix::Data::new(EventSource { service: S::NAME, db }));
                }
                health::mount(config);
                // The gateway forwards the others' documents, and shows no internal path of its own.
                if S::MIGRATIONS.is_some() {
                    config.route("/internal/v1/openapi.json", actix::get().to(openapi::<S>));
                }
                for resource in routes.into_resources() {
                    config.service(resource);
                }
            })
            .default_service(fallback.unwrap_or_else(|| actix::to(path_not_found)))
            .wrap(Observe::new(S::NAME, S::SHAPE, Arc::clone(&context.clock), Arc::clone(&context.serving)))
    };
    let mut server = HttpServer::new(app)
        .client_request_timeout(HEAD_TIMEOUT)
        .keep_alive(KEEP_ALIVE)
        // Small frames of a live conversation must not wait for each other.
        .tcp_nodelay(true)
        .shutdown_timeout(FINISH_REQUESTS.as_secs())
        .disable_signals();
    if let Some(workers) = workers {
        server = server.workers(workers);
    }
    let server = server.listen(listener)?.run();
    let handle = server.handle();
    tokio::spawn(server);
    Ok(handle)
}

/// Runs a background task. One that ends before it is told to, by a panic, takes readiness with it: events would wait
/// for ever behind a service that looks well. The event log keeps them until the restart that is then due.
fn watched<S: Service>(
    context: &Context,
    task_name: &'static str,
    stop: &CancellationToken,
    task: impl Future<Output = ()> + Send + 'static,
) -> impl Future<Output = ()> + Send + 'static {
    let (serving, stop) = (Arc::clone(&context.serving), stop.clone());
    async move {
        let _ended = AssertUnwindSafe(task).catch_unwind().await;
        if !stop.is_cancelled() {
            serving.store(false, Ordering::Release);
            tracing::error!(
                service = S::NAME,
                task = task_name,
                "a background task ended by itself; the service is no longer ready"
            );
        }
    }
}

/// Removes idempotency keys and the bodies of sent messages whose time is up, until told to stop.
async fn forget_what_is_old(db: Db, stop: CancellationToken) {
    loop {
        let forgotten = match db.conn().await {
            Ok(mut conn) => match storage::once::forget_old(&mut conn).await {
                Ok(keys) => messaging::outgoing::forget_old_bodies(&mut conn).await.map(|bodies| keys + bodies),
                error => error,
            },
            Err(error) => Err(error),
        };
        match forgotten {
            Ok(0) => {}
            Ok(count) => {
                tracing::info!(count, "old idempotency keys and sent messages are forgotten");
                continue;
            }
            Err(error) => tracing::debug!(%error, "old idempotency keys and sent messages stay for now"),
        }
        tokio::select! { () = tokio::time::sleep(FORGET_EVERY) => {}, () = stop.cancelled() => return }
    }
}

/// The service's own description, for the gateway's `/openapi/<service>.json`. No secret: it is checked in.
async fn openapi<S: Service>() -> HttpResponse {
    HttpResponse::Ok().json(S::openapi())
}

async fn path_not_found(request: HttpRequest) -> Result<HttpResponse, Refusal> {
    Err(Refusal::of(&request, Fault::PathNotFound))
}

impl Running {
    /// The service's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Where it accepts requests.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops services together, stage by stage, so that the last event of one still reaches another. The first one's
    /// server stops before the others': it is the gateway, and what it has taken is finished while they still answer.
    pub async fn stop_all(mut services: Vec<Self>, context: &Context) {
        context.serving.store(false, Ordering::Release);
        context.stages.sockets.cancel();
        // Requests still come until everybody has seen that we are not ready, and each answer closes its connection.
        tokio::time::sleep(context.config.http.drain(context.config.profile)).await;
        if let Some((first, others)) = services.split_first() {
            first.server.stop(true).await;
            join_all(others.iter().map(|service| service.server.stop(true))).await;
        }
        context.stages.relays.cancel();
        join_all(services.iter_mut().map(|service| finish(&mut service.relays))).await;
        context.stages.readers.cancel();
        join_all(services.iter_mut().map(|service| finish(&mut service.readers))).await;
        if let Some(traces) = &context.traces {
            traces.flush(FLUSH_TRACES).await;
        }
    }
}

/// Waits for tasks to end; those that do not are dropped: whatever they were at is done again after the next start.
async fn finish(tasks: &mut JoinSet<()>) {
    let ended = tokio::time::timeout(FINISH_BACKGROUND, async { while tasks.join_next().await.is_some() {} }).await;
    if ended.is_err() {
        tracing::warn!("a background task did not stop in time");
        tasks.abort_all();
    }
}
