//! `crossdesk migrate`: every service's database.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use chassis::{Config, Profile};
use clap::Args;
use storage::migrate::{ensure_database, is_pending, run as run_migrations};

use crate::databases::{Server, database_name};
use crate::fleet::SERVICES;

#[derive(Args)]
pub(crate) struct MigrateArguments {
    /// Exit 1 if a schema change is missing; change nothing.
    #[arg(long)]
    check: bool,
}

pub(crate) async fn run(arguments: MigrateArguments) -> Result<ExitCode> {
    let config = Config::load(Profile::Local)?;
    let server = Server::start(&config).await?;
    let outcome = migrate_all(&server, arguments.check).await;
    server.stop().await?;
    outcome
}

async fn migrate_all(server: &Server, check: bool) -> Result<ExitCode> {
    let mut all_current = true;
    for service in SERVICES.iter().filter(|service| service.has_database) {
        let url = server.database_url(service.name)?;
        let about = || format!("{}'s database", service.name);
        if check {
            let pending = is_pending(&url, (service.migrations)()).await.with_context(about)?;
            all_current &= !pending;
            println!("{}: {}", service.name, if pending { "schema changes are missing" } else { "up to date" });
        } else {
            ensure_database(&server.url, &database_name(service.name)).await.with_context(about)?;
            let applied = run_migrations(&url, (service.migrations)()).await.with_context(about)?;
            println!("{}: {applied} schema changes applied", service.name);
        }
    }
    Ok(if all_current { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
