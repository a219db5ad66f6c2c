#![doc = include_str!("../README.md")]

mod api;
mod app;
mod config;
mod db;
mod error;
mod model;
mod verbs;

use chassis::{Context, Service, Worker};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use domain::Line;
use web::{Access, Routes, Shape, agent_api};

pub use app::App;
pub use config::{Category, LoanConfig};

/// The loan line.
#[derive(Debug)]
pub struct LoanSupport {
    config: LoanConfig,
}

impl Service for LoanSupport {
    const NAME: &'static str = "loan-support";
    const SHAPE: Shape = Shape::Loan;
    const MIGRATIONS: Option<EmbeddedMigrations> = Some(embed_migrations!());
    type App = App;

    fn new(context: &Context) -> anyhow::Result<Self> {
        Ok(Self { config: context.config.section("loan")? })
    }

    fn app(&self, worker: Worker) -> anyhow::Result<App> {
        Ok(App::new(worker.database()?, self.config.categories.clone()))
    }

    fn routes(routes: Routes) -> Routes {
        let loan = routes
            .access(Access::Line(Line::Loan))
            .post("/support/tickets", api::create_ticket)
            .get("/support/tickets", api::list_tickets)
            .get("/support/tickets/{ticketId}", api::get_ticket)
            .post("/support/tickets/{ticketId}/messages", api::add_message)
            .post("/support/tickets/{ticketId}/close", api::close_ticket)
            .get("/support/categories", api::list_categories);
        agent_api::routes::<App>(loan)
    }

    fn openapi() -> utoipa::openapi::OpenApi {
        api::openapi()
    }
}
