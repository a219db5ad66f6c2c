#![doc = include_str!("../README.md")]

mod api;
mod app;
mod config;
mod db;
mod error;
mod live;
mod model;
mod verbs;

use chassis::{Context, Job, Service, Worker};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use domain::Line;
use storage::Db;
use web::{Access, Routes, Shape, agent_api};

pub use app::App;
pub use config::{AllowedOrigins, HelpdeskConfig};
pub use live::LiveConfig;

use live::Live;

/// The helpdesk line.
#[derive(Debug)]
pub struct HelpdeskConversation {
    config: HelpdeskConfig,
    live: Live,
}

impl Service for HelpdeskConversation {
    const NAME: &'static str = "helpdesk-conversation";
    const SHAPE: Shape = Shape::Helpdesk;
    const MIGRATIONS: Option<EmbeddedMigrations> = Some(embed_migrations!());
    type App = App;

    fn new(context: &Context) -> anyhow::Result<Self> {
        let config: HelpdeskConfig = context.config.section("helpdesk")?;
        let live = Live::new(context, config.live);
        Ok(Self { config, live })
    }

    fn app(&self, worker: Worker) -> anyhow::Result<App> {
        Ok(App::new(worker.database()?, self.config.clone(), self.live.clone()))
    }

    fn routes(routes: Routes) -> Routes {
        let helpdesk = routes
            .access(Access::Session(Line::Helpdesk))
            .get("/api/v1/support/tickets", api::list_tickets)
            .post("/api/v1/support/tickets", api::create_ticket)
            .get("/api/v1/support/tickets/my", api::list_own_tickets)
            .get("/api/v1/support/tickets/{id}", api::get_ticket)
            .put("/api/v1/support/tickets/{id}", api::update_ticket)
            .post("/api/v1/support/tickets/{id}/join", api::join_ticket)
            .get("/api/v1/conversations", api::list_conversations)
            .get("/api/v1/conversations/{id}", api::get_conversation)
            .get("/api/v1/conversations/{id}/socket", live::open_conversation_socket)
            .get("/api/v1/conversations/{id}/messages", api::list_messages)
            .post("/api/v1/conversations/{id}/messages", api::add_message)
            .get("/api/v1/users", api::list_users)
            .get("/api/v1/users/me", api::get_own_user)
            .get("/api/v1/users/{id}", api::get_user)
            .get("/api/v1/notifications", api::list_notifications)
            .put("/api/v1/notifications/{id}", api::update_notification)
            .get("/api/v1/events", live::open_event_socket);
        agent_api::routes::<App>(helpdesk)
    }

    fn openapi() -> utoipa::openapi::OpenApi {
        api::openapi()
    }

    fn jobs(&self, db: Option<&Db>) -> Vec<Job> {
        self.live.jobs(db)
    }
}
