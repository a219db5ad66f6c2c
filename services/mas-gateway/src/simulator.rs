//! A stand-in for MAS: takes resume requests over HTTP, records each effect once, and fails on demand.
//!
//! For demonstrations and tests. It shows what a MAS behind the bridge must do, above all that the `Idempotency-Key` makes
//! a repeated request the same request.

mod api;
mod app;
mod config;
mod effects;
mod faults;
mod requests;

use std::sync::Arc;

use anyhow::ensure;
use chassis::{Context, Profile, Service, Worker};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use web::{Access, Routes, Shape};

pub use app::SimulatorApp;
pub use config::SimulatorConfig;

use faults::Faults;

/// The stand-in for MAS.
#[derive(Debug)]
pub struct MasSimulator {
    config: SimulatorConfig,
    faults: Arc<Faults>,
}

impl Service for MasSimulator {
    const NAME: &'static str = "mas-simulator";
    const SHAPE: Shape = Shape::Problem;
    const MIGRATIONS: Option<EmbeddedMigrations> = Some(embed_migrations!("migrations_simulator"));
    type App = SimulatorApp;

    fn new(context: &Context) -> anyhow::Result<Self> {
        let config = context.config.section::<crate::MasConfig>("mas")?.simulator;
        ensure!(
            config.enabled || context.config.profile == Profile::Local,
            "it only plays MAS, and would resume no service: if that is wanted, set mas.simulator.enabled to true"
        );
        let faults = Arc::new(Faults::new(config.fail_rate, config.delay_ms)?);
        Ok(Self { config, faults })
    }

    fn app(&self, worker: Worker) -> anyhow::Result<SimulatorApp> {
        Ok(SimulatorApp { db: worker.database()?, faults: Arc::clone(&self.faults), token: self.config.token.clone() })
    }

    fn routes(routes: Routes) -> Routes {
        // MAS has its own credentials, so a token of Crossdesk is not looked at; the handlers check the simulator's.
        routes
            .access(Access::Open)
            .post("/resume-requests", api::resume_service)
            .get("/effects", api::list_effects)
            .get("/effects/count", api::count_effects)
            .post("/simulator/faults", api::set_faults)
    }

    fn openapi() -> utoipa::openapi::OpenApi {
        api::openapi()
    }
}
