#![doc = include_str!("../README.md")]

mod api;
mod app;
mod client;
mod db;
mod error;
mod model;
mod subscriptions;
mod verbs;

use std::collections::BTreeMap;
use std::sync::Arc;

use chassis::{Context, Service, Subscription, Worker};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use messaging::topology::Queue;
use storage::Db;
use web::{Access, Routes, Shape};

pub use app::App;

/// The desk.
#[derive(Debug)]
pub struct Desk {
    /// Base URL by service name.
    addresses: Arc<BTreeMap<String, String>>,
}

impl Service for Desk {
    const NAME: &'static str = "desk";
    const SHAPE: Shape = Shape::Problem;
    const MIGRATIONS: Option<EmbeddedMigrations> = Some(embed_migrations!());
    type App = App;

    fn new(context: &Context) -> anyhow::Result<Self> {
        Ok(Self { addresses: Arc::new(context.addresses.clone()) })
    }

    fn app(&self, worker: Worker) -> anyhow::Result<App> {
        Ok(App::new(worker.database()?, worker.http, Arc::clone(&self.addresses)))
    }

    fn routes(routes: Routes) -> Routes {
        routes.access(Access::Token).get("/v1/tickets", api::list_tickets).get("/v1/tickets/{id}", api::get_ticket)
    }

    fn openapi() -> utoipa::openapi::OpenApi {
        api::openapi()
    }

    fn subscriptions(&self, _db: &Db) -> Vec<Subscription> {
        vec![Subscription::events(Queue::DeskTicketEvents, Arc::new(subscriptions::ReadModel))]
    }
}
