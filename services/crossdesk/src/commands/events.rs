//! `crossdesk events`: how the events flow, and what to do when they do not.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use chassis::{Config, Profile};
use clap::Subcommand;
use domain::SystemClock;
use messaging::consumer::parked;
use messaging::event_log::backlog;
use storage::Db;

use crate::databases::{database_url, server_url};
use crate::fleet::SERVICES;

/// Parked events shown of each service.
const SHOWN: i64 = 200;

#[derive(Subcommand)]
pub(crate) enum EventsCommand {
    /// Events that no broker has confirmed yet, per service, and the age of the oldest.
    Lag,
    /// Events that could not be applied, with the reason.
    Parked,
    /// Try parked events again now.
    Replay,
}

pub(crate) async fn run(command: EventsCommand) -> Result<ExitCode> {
    let config = Config::load(Profile::Local)?;
    let server = server_url(&config)?;
    for service in SERVICES.iter().filter(|service| service.has_database) {
        let url = database_url(&server, service.name)?;
        let db = Db::new(&url, "crossdesk events", 1, std::sync::Arc::new(SystemClock), std::sync::Arc::default())?;
        show(&command, service.name, &db).await.with_context(|| format!("{}'s database", service.name))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(command: &EventsCommand, service: &str, db: &Db) -> Result<()> {
    match command {
        EventsCommand::Lag => {
            let (waiting, oldest) = backlog(&mut *db.conn().await?).await?;
            println!("{service}: {waiting} events wait, the oldest for {oldest:.1} s");
        }
        EventsCommand::Parked => {
            let parked = parked::list(db, SHOWN).await?;
            println!("{service}: {} parked", parked.len());
            for event in parked {
                println!(
                    "  {} version {}: {} (tried {} times)",
                    event.stream, event.version, event.reason, event.attempts
                );
            }
        }
        EventsCommand::Replay => println!("{service}: {} events are tried again now", parked::replay(db).await?),
    }
    Ok(())
}
