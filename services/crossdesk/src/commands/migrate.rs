//! `crossdesk migrate`: every service's database.

use std::process::ExitCode;

use anyhow::Result;
use chassis::{Config, Profile};
use clap::Args;
use storage::migrate::{ensure_database, is_pending, is_reachable, run as run_migrations};

use crate::databases::{Databases, Place, database_name};
use crate::fleet::{self, Hosted};
use crate::round::Round;
use crate::say::say;
use crate::server::Server;

#[derive(Args)]
pub(crate) struct MigrateArguments {
    /// Exit 1 if a schema change is missing; change nothing.
    #[arg(long)]
    check: bool,
}

pub(crate) async fn run(arguments: MigrateArguments) -> Result<ExitCode> {
    let config = Config::load(Profile::Local)?;
    let services = fleet::with_database(&config)?;
    if let Some(databases) = reachable(&config).await? {
        return visit(arguments.check, services, &databases).await;
    }
    if arguments.check && !config.data_dir.join("postgres").exists() {
        say!("there is no database yet");
        return Ok(ExitCode::FAILURE);
    }
    let server = Server::start(&config).await?;
    let outcome = visit(arguments.check, services, &server.databases).await;
    server.stop().await?;
    outcome
}

/// What is configured, or a local instance that runs: it is asked, and not started a second time.
async fn reachable(config: &Config) -> Result<Option<Databases>> {
    if config.database.url.is_some() || Databases::on(config, None)?.has_own() {
        return Databases::find(config).map(Some);
    }
    let Ok(databases) = Databases::find(config) else { return Ok(None) };
    let Some(server) = databases.server() else { return Ok(None) };
    Ok(if is_reachable(server).await { Some(databases) } else { None })
}

async fn visit(check: bool, services: Vec<&'static Hosted>, databases: &Databases) -> Result<ExitCode> {
    databases.answer().await?;
    let mut round = Round::default();
    for service in services {
        if databases.place(service.name) == Place::Unknown {
            say!("{}: skipped, databases.{} is not set", service.name, service.name.replace('-', "_"));
            continue;
        }
        let outcome = if check {
            check_one(service, databases).await
        } else {
            migrate_one(service, databases).await.map(|()| true)
        };
        round.count(service.name, outcome);
    }
    round.end()
}

/// Whether the schema is up to date. A database that is still to be made lacks every change.
async fn check_one(service: &Hosted, databases: &Databases) -> Result<bool> {
    let is_current = match databases.url(service.name).await? {
        Ok(url) => !is_pending(&url, (service.migrations)()).await?,
        Err(_absent) => false,
    };
    say!("{}: {}", service.name, if is_current { "up to date" } else { "schema changes are missing" });
    Ok(is_current)
}

async fn migrate_one(service: &Hosted, databases: &Databases) -> Result<()> {
    let url = match (databases.place(service.name), databases.server()) {
        (Place::Shared(url), Some(server)) => {
            ensure_database(server, &database_name(service.name)).await?;
            url
        }
        // Whoever sets a URL has made the database; its role may not make others.
        (Place::Own(url) | Place::Shared(url), _) => url,
        (Place::Unknown, _) => return Ok(()),
    };
    let applied = run_migrations(&url, (service.migrations)()).await?;
    say!("{}: {applied} schema changes applied", service.name);
    Ok(())
}
