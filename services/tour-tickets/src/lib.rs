#![doc = include_str!("../README.md")]

mod api;
mod app;
mod client;
mod db;
mod error;
mod limits;
mod model;
mod verbs;

use std::sync::Arc;

use chassis::config::{AnonymousAccess, ToursConfig};
use chassis::{Context, Job, Service, Worker};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use domain::Line;
use storage::Db;
use web::{Access, Routes, Shape, agent_api};

pub use app::App;

use crate::app::Guests;
use crate::client::Attachments;
use crate::limits::GuestLimiter;

/// The tours line's tickets.
#[derive(Debug)]
pub struct TourTickets {
    context: Context,
    guests: Guests,
}

impl Service for TourTickets {
    const NAME: &'static str = "tour-tickets";
    const SHAPE: Shape = Shape::Tours;
    const MIGRATIONS: Option<EmbeddedMigrations> = Some(embed_migrations!());
    type App = App;

    fn new(context: &Context) -> anyhow::Result<Self> {
        let config: ToursConfig = context.config.section("tours")?;
        let access = config.access(context.config.profile, context.config.http.host)?;
        if access == AnonymousAccess::Full {
            tracing::warn!(
                "tours.anonymous_access is `full`: whoever reaches this machine reads and deletes every ticket"
            );
        }
        let guests = Guests { access, limiter: Arc::new(GuestLimiter::new()) };
        Ok(Self { context: context.clone(), guests })
    }

    fn app(&self, worker: Worker) -> anyhow::Result<App> {
        let db = worker.database()?;
        Ok(App::new(db, self.guests.clone(), Attachments::new(worker.http, self.context.clone())))
    }

    fn routes(routes: Routes) -> Routes {
        let tours = routes
            .access(Access::Guest(Line::Tours))
            .post("/api/support_tickets", api::create_ticket)
            .get("/api/support_tickets", api::list_tickets)
            .get("/api/support_tickets/{id}", api::get_ticket)
            .put("/api/support_tickets/{id}", api::replace_ticket)
            .delete("/api/support_tickets/{id}", api::delete_ticket)
            .access(Access::Service)
            .get("/internal/v1/tours/tickets", api::list_ticket_ids)
            .get("/internal/v1/tours/tickets/{ticketId}", api::get_reference);
        agent_api::routes::<App>(tours)
    }

    fn openapi() -> utoipa::openapi::OpenApi {
        api::openapi()
    }

    fn jobs(&self, _db: Option<&Db>) -> Vec<Job> {
        vec![limits::forget_idle_guests(Arc::clone(&self.guests.limiter))]
    }
}
