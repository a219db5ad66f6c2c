#![doc = include_str!("../README.md")]

mod api;
mod app;
pub mod bridge;
mod config;
mod db;
mod error;
mod model;
mod results;
pub mod simulator;
mod verbs;

use std::sync::Arc;

use auth::basic::BasicUsers;
use chassis::{Context, Service, Subscription, Worker};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use messaging::topology::Queue;
use storage::Db;
use web::{Access, Routes, Shape, agent_api};

pub use app::App;
pub use config::{ClientConfig, MasConfig, MasConfigError};

/// The MAS line.
#[derive(Debug)]
pub struct MasGateway {
    users: Arc<BasicUsers>,
}

impl Service for MasGateway {
    const NAME: &'static str = "mas-gateway";
    const SHAPE: Shape = Shape::Mas;
    const MIGRATIONS: Option<EmbeddedMigrations> = Some(embed_migrations!());
    type App = App;

    fn new(context: &Context) -> anyhow::Result<Self> {
        let config: MasConfig = context.config.section("mas")?;
        let users = config.users(context.config.profile, context.config.http.host)?;
        Ok(Self { users: Arc::new(users) })
    }

    fn app(&self, worker: Worker) -> anyhow::Result<App> {
        Ok(App::new(worker.database()?, Arc::clone(&self.users)))
    }

    fn routes(routes: Routes) -> Routes {
        // This line has no tokens: each of its handlers begins with `api::Source`, which wants Basic credentials.
        let mas = routes
            .access(Access::Open)
            .get("/api/v1/customers/{customerId}/tickets", api::list_tickets)
            .post("/api/v1/customers/{customerId}/tickets", api::create_ticket)
            .get("/api/v1/customers/{customerId}/tickets/{ticketId}", api::get_ticket);
        agent_api::routes::<App>(mas)
    }

    fn openapi() -> utoipa::openapi::OpenApi {
        api::openapi()
    }

    fn subscriptions(&self, db: &Db) -> Vec<Subscription> {
        vec![Subscription::messages(Queue::MasResumeResults, Arc::new(results::Results::new(db.clone())))]
    }
}
