#![doc = include_str!("../README.md")]

mod api;
mod app;
mod clean_up;
mod config;
mod db;
mod error;
mod model;
mod store;
mod subscriptions;
mod tour_tickets;
mod upload;
mod verbs;
mod visitor;

use std::sync::Arc;

use chassis::config::{AnonymousAccess, ToursConfig};
use chassis::{Context, Job, Service, Subscription, Worker};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use domain::Line;
use messaging::topology::Queue;
use storage::Db;
use tokio::sync::Semaphore;
use web::{Access, Routes, Shape};

pub use app::App;
pub use config::{FilesConfig, S3Config};

use store::Store;
use subscriptions::DeletedTickets;
use tour_tickets::TourTickets;

/// Attachments of tours tickets, and uploaded files of all lines.
#[derive(Debug)]
pub struct Attachments {
    context: Context,
    files: FilesConfig,
    /// The store as the clean-up uses it.
    store: Store,
    /// Places for uploads, of all workers together.
    uploads: Arc<Semaphore>,
    /// Whether callers without a token may use everything.
    guests: bool,
}

impl Service for Attachments {
    const NAME: &'static str = "attachments";
    const SHAPE: Shape = Shape::Tours;
    const MIGRATIONS: Option<EmbeddedMigrations> = Some(embed_migrations!());
    type App = App;

    fn new(context: &Context) -> anyhow::Result<Self> {
        let tours: ToursConfig = context.config.section("tours")?;
        let files: FilesConfig = context.config.section("files")?;
        let access = tours.access(context.config.profile, context.config.http.host)?;
        // A store that cannot be opened must not be found out by the first client.
        let store = Store::open(&files, &context.config.data_dir)?;
        let uploads = Arc::new(Semaphore::new(upload::AT_ONCE));
        Ok(Self { guests: access == AnonymousAccess::Full, uploads, store, files, context: context.clone() })
    }

    fn app(&self, worker: Worker) -> anyhow::Result<App> {
        let store = Store::open(&self.files, &self.context.config.data_dir)?;
        let db = worker.database()?;
        Ok(App {
            db,
            tickets: TourTickets::new(&self.context, worker.http),
            store,
            uploads: Arc::clone(&self.uploads),
            max_bytes: self.files.max_bytes,
            guests: self.guests,
        })
    }

    fn routes(routes: Routes) -> Routes {
        routes
            .access(Access::Guest(Line::Tours))
            .post("/api/support_ticket_attachments", api::create_attachment)
            .get("/api/support_ticket_attachments", api::list_attachments)
            .get("/api/support_ticket_attachments/{id}", api::get_attachment)
            .put("/api/support_ticket_attachments/{id}", api::replace_attachment)
            .delete("/api/support_ticket_attachments/{id}", api::delete_attachment)
            .access(Access::Line(Line::Tours))
            .post("/files", api::create_file)
            // A token of this line or, by configuration, none: the handler's first argument looks at it.
            .access(Access::Open)
            .get("/files/{id}", api::get_file)
            .access(Access::Service)
            .delete("/internal/v1/tours/tickets/{ticketId}/attachments", api::bury_ticket)
    }

    fn openapi() -> utoipa::openapi::OpenApi {
        api::openapi()
    }

    fn subscriptions(&self, db: &Db) -> Vec<Subscription> {
        vec![Subscription::messages(Queue::AttachmentsTicketEvents, Arc::new(DeletedTickets::new(db.clone())))]
    }

    fn jobs(&self, db: Option<&Db>) -> Vec<Job> {
        db.map(|db| clean_up::job(db.clone(), self.store.clone(), &self.files)).into_iter().collect()
    }
}
