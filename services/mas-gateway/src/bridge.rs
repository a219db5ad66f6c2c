//! Carries resume requests from the queue to a MAS that has no AMQP consumer but an HTTP endpoint, and its outcomes back.
//!
//! A command is acked as soon as it is a row here. From then on the row is the truth: a job claims what is due, asks MAS,
//! and writes down how it ended, together with the outcome to publish. A kill at any point is repaired by doing it again;
//! MAS tells a repetition by its `Idempotency-Key`.

mod answer;
mod api;
mod app;
mod backoff;
mod breaker;
mod command;
mod config;
mod db;
mod deliver;
mod error;
mod mas;
mod receive;

use std::sync::Arc;

use chassis::{Context, Job, Service, Subscription, Worker};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use messaging::topology::Queue;
use storage::Db;
use tokio::sync::Notify;
use web::{Access, Routes, Shape};

pub use app::BridgeApp;
pub(crate) use command::Command;
pub use config::BridgeConfig;

use crate::MasConfig;
use deliver::Deliverer;
use mas::Mas;
use receive::Keep;

/// The bridge to a MAS that speaks HTTP.
#[derive(Debug)]
pub struct MasBridge {
    config: BridgeConfig,
    mas: Arc<Mas>,
    /// Wakes the job that delivers.
    nudge: Arc<Notify>,
}

impl Service for MasBridge {
    const NAME: &'static str = "mas-bridge";
    const SHAPE: Shape = Shape::Problem;
    const MIGRATIONS: Option<EmbeddedMigrations> = Some(embed_migrations!("migrations_bridge"));
    type App = BridgeApp;

    fn new(context: &Context) -> anyhow::Result<Self> {
        let config = context.config.section::<MasConfig>("mas")?.bridge;
        let url = config.address(context.config.profile, &context.addresses)?;
        config.check()?;
        let mas = Arc::new(Mas::new(&config, &url)?);
        Ok(Self { config, mas, nudge: Arc::new(Notify::new()) })
    }

    fn app(&self, worker: Worker) -> anyhow::Result<BridgeApp> {
        Ok(BridgeApp {
            db: worker.database()?,
            nudge: Arc::clone(&self.nudge),
            give_up_after: self.config.give_up_after(),
        })
    }

    fn routes(routes: Routes) -> Routes {
        // Operators and other services: the handlers look at the role.
        routes
            .access(Access::Token)
            .get("/internal/v1/resume-requests", api::list_requests)
            .post("/internal/v1/resume-requests/{transactionId}/retry", api::retry_request)
    }

    fn openapi() -> utoipa::openapi::OpenApi {
        api::openapi()
    }

    fn subscriptions(&self, db: &Db) -> Vec<Subscription> {
        let keep = Keep::new(db.clone(), Arc::clone(&self.nudge), self.config.give_up_after());
        vec![Subscription::messages(Queue::MasResumeRequests, Arc::new(keep))]
    }

    fn jobs(&self, db: Option<&Db>) -> Vec<Job> {
        let Some(db) = db else { return Vec::new() };
        let deliverer = Deliverer::new(&self.config, db.clone(), Arc::clone(&self.mas), Arc::clone(&self.nudge));
        vec![Job { name: "deliver", run: Box::new(move |stop| Box::pin(deliverer.run(stop))) }]
    }
}
