#![doc = include_str!("../README.md")]

mod api;
mod app;
mod config;
mod db;
mod error;
mod model;
mod push;
mod verbs;

use std::sync::Arc;

use chassis::{Context, Job, Service, Worker};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use domain::Line;
use storage::Db;
use web::{Access, Routes, Shape, agent_api};

pub use app::App;
pub use config::{EndpointConfig, MobilityConfig};

use push::Providers;

/// The mobility line.
#[derive(Debug)]
pub struct MobilitySupport {
    providers: Arc<Providers>,
}

impl Service for MobilitySupport {
    const NAME: &'static str = "mobility-support";
    const SHAPE: Shape = Shape::Mobility;
    const MIGRATIONS: Option<EmbeddedMigrations> = Some(embed_migrations!());
    type App = App;

    fn new(context: &Context) -> anyhow::Result<Self> {
        let config = context.config.section::<MobilityConfig>("mobility")?;
        Ok(Self { providers: Arc::new(Providers::new(config, &context.config)?) })
    }

    fn app(&self, worker: Worker) -> anyhow::Result<App> {
        Ok(App::new(worker.database()?, Arc::clone(&self.providers)))
    }

    fn routes(routes: Routes) -> Routes {
        let line = routes
            .access(Access::Line(Line::Mobility))
            .post("/processes/request-support/execution", api::request_support)
            .post("/processes/request-support/execute", api::execute_request_support)
            .get("/collections/support-tickets/items", api::list_support_tickets);
        let discovery = line
            .access(Access::Open)
            .get("/", api::get_landing_page)
            .get("/api", api::get_api)
            .get("/conformance", api::get_conformance)
            .get("/collections", api::list_collections)
            .get("/collections/{collectionId}", api::get_collection)
            .get("/processes", api::list_processes)
            .get("/processes/{processId}", api::get_process)
            // After the path of the process that exists: the first that matches is taken.
            .post("/processes/{processId}/execution", api::refuse_execution)
            .get("/health", api::get_health);
        agent_api::routes::<App>(discovery)
            .put("/internal/v1/tickets/{ticketKey}/expected-resolution", api::expect_resolution)
    }

    fn openapi() -> utoipa::openapi::OpenApi {
        api::openapi()
    }

    fn jobs(&self, db: Option<&Db>) -> Vec<Job> {
        db.map_or_else(Vec::new, |db| push::jobs(db, &self.providers))
    }
}
