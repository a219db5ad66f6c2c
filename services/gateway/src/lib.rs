#![doc = include_str!("../README.md")]

mod app;
mod client_address;
mod config;
mod cors;
mod credentials;
mod download;
mod forward;
mod headers;
mod host;
mod limits;
mod pages;
mod path;
mod policies;
mod refusal;
mod table;
mod tunnel;
mod upload;
mod upstream;

use std::sync::Arc;

use chassis::{Context, Job, Service, Worker};
use diesel_migrations::EmbeddedMigrations;
use storage::Db;
use web::{Access, Routes, Shape};

use app::Shared;

pub use app::App;
pub use config::{GatewayConfig, RouteConfig};

/// The gateway.
#[derive(Debug)]
pub struct Gateway {
    shared: Arc<Shared>,
}

impl Service for Gateway {
    const NAME: &'static str = "gateway";
    const SHAPE: Shape = Shape::Problem;
    const MIGRATIONS: Option<EmbeddedMigrations> = None;
    type App = App;

    fn new(context: &Context) -> anyhow::Result<Self> {
        Ok(Self { shared: Arc::new(Shared::new(context)?) })
    }

    fn app(&self, _: Worker) -> anyhow::Result<App> {
        App::new(Arc::clone(&self.shared))
    }

    fn routes(routes: Routes) -> Routes {
        routes
            .access(Access::Open)
            .get("/", pages::get_home)
            .get("/docs", pages::get_docs)
            .get("/openapi/{service}.json", pages::get_openapi)
            .get("/asyncapi.json", pages::get_asyncapi)
            .get("/metrics", pages::get_metrics)
            .fallback(forward::forward)
    }

    fn openapi() -> utoipa::openapi::OpenApi {
        pages::openapi()
    }

    fn jobs(&self, _: Option<&Db>) -> Vec<Job> {
        let shared = &self.shared;
        let cut = tunnel::cut_at_stop(Arc::clone(&shared.tunnels), Arc::clone(&shared.serving));
        shared.limiter.clone().map(limits::forget_idle_callers).into_iter().chain([cut]).collect()
    }
}
