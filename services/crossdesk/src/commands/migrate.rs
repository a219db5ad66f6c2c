//! `crossdesk migrate`: every service's database.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use chassis::{Config, Profile};
use clap::Args;
use storage::migrate::{ensure_database, exists, is_pending, is_reachable, run as run_migrations};

use crate::databases::{Server, database_name, database_url, server_url};
use crate::fleet::SERVICES;

#[derive(Args)]
pub(crate) struct MigrateArguments {
    /// Exit 1 if a schema change is missing; change nothing.
    #[arg(long)]
    check: bool,
}

pub(crate) async fn run(arguments: MigrateArguments) -> Result<ExitCode> {
    let config = Config::load(Profile::Local)?;
    // A running instance is asked, and not started a second time.
    if let Ok(url) = server_url(&config)
        && is_reachable(&url).await
    {
        return if arguments.check { check_all(&url).await } else { migrate_all(&url).await };
    }
    if arguments.check && !config.data_dir.join("postgres").exists() {
        println!("there is no database yet");
        return Ok(ExitCode::FAILURE);
    }
    let server = Server::start(&config).await?;
    let outcome = if arguments.check { check_all(&server.url).await } else { migrate_all(&server.url).await };
    server.stop().await?;
    outcome
}

async fn check_all(server: &str) -> Result<ExitCode> {
    let mut all_current = true;
    for service in SERVICES.iter().filter(|service| service.has_database) {
        let url = database_url(server, service.name)?;
        let pending = !exists(server, &database_name(service.name)).await?
            || is_pending(&url, (service.migrations)()).await.with_context(|| about(service.name))?;
        all_current &= !pending;
        println!("{}: {}", service.name, if pending { "schema changes are missing" } else { "up to date" });
    }
    Ok(if all_current { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn migrate_all(server: &str) -> Result<ExitCode> {
    for service in SERVICES.iter().filter(|service| service.has_database) {
        let url = database_url(server, service.name)?;
        ensure_database(server, &database_name(service.name)).await.with_context(|| about(service.name))?;
        let applied = run_migrations(&url, (service.migrations)()).await.with_context(|| about(service.name))?;
        println!("{}: {applied} schema changes applied", service.name);
    }
    Ok(ExitCode::SUCCESS)
}

fn about(service: &str) -> String {
    format!("{service}'s database")
}
