//! What a service is.

use std::sync::Arc;

use diesel_migrations::EmbeddedMigrations;
use domain::Clock;
use futures_util::future::BoxFuture;
use messaging::topology::Queue;
use messaging::{Apply, Receive};
use storage::Db;
use tokio_util::sync::CancellationToken;
use web::{Routes, Shape};

use crate::Context;

/// A service of Crossdesk. Its `lib.rs` implements this and reads as its table of contents.
pub trait Service: Sized + Send + Sync + 'static {
    /// Its name: of the package, the database, and in events.
    const NAME: &'static str;
    /// The error body of its line.
    const SHAPE: Shape;
    /// Its own schema changes; `None` if it has no database.
    const MIGRATIONS: Option<EmbeddedMigrations>;
    /// What the handlers of one worker share.
    type App: 'static;

    /// Reads its configuration. An error keeps the process from starting.
    fn new(context: &Context) -> anyhow::Result<Self>;

    /// Makes what the handlers of one worker share, on that worker.
    fn app(&self, worker: Worker) -> anyhow::Result<Self::App>;

    /// Its operations.
    fn routes(routes: Routes) -> Routes;

    /// Its OpenAPI document.
    fn openapi() -> utoipa::openapi::OpenApi;

    /// The queues it reads, and what their messages do to its database.
    fn subscriptions(&self, _db: &Db) -> Vec<Subscription> {
        Vec::new()
    }

    /// What it does without being asked.
    fn jobs(&self, _db: Option<&Db>) -> Vec<Job> {
        Vec::new()
    }
}

/// What a worker brings.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The worker's own connections.
    pub db: Option<Db>,
    /// Time and ids.
    pub clock: Arc<dyn Clock>,
    /// The worker's own HTTP client.
    pub http: reqwest::Client,
}

impl Worker {
    /// The database of a service that has one.
    pub fn database(&self) -> anyhow::Result<Db> {
        self.db.clone().ok_or_else(|| anyhow::anyhow!("this service has no database"))
    }
}

/// A queue and what its messages do.
#[derive(Debug, Clone)]
pub struct Subscription {
    pub(crate) queue: Queue,
    pub(crate) effect: Effect,
}

#[derive(Debug, Clone)]
pub(crate) enum Effect {
    Events(Arc<dyn Apply>),
    Messages(Arc<dyn Receive>),
}

impl Subscription {
    /// Reads whole streams of events, through the version gate.
    #[must_use]
    pub fn events(queue: Queue, effect: Arc<dyn Apply>) -> Self {
        Self { queue, effect: Effect::Events(effect) }
    }

    /// Reads messages one by one.
    #[must_use]
    pub fn messages(queue: Queue, effect: Arc<dyn Receive>) -> Self {
        Self { queue, effect: Effect::Messages(effect) }
    }
}

/// Work in the background: wakes up, looks at the tables, does what is due, until it is told to stop.
pub struct Job {
    /// For the log.
    pub name: &'static str,
    /// The work.
    pub run: Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, ()> + Send>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("name", &self.name).finish_non_exhaustive()
    }
}
