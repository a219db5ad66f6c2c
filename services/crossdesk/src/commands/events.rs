//! `crossdesk events`: how the events flow, and what to do when they do not.

use std::process::ExitCode;

use anyhow::Result;
use chassis::{Config, Profile};
use clap::Subcommand;
use messaging::consumer::parked;
use messaging::{event_log, outgoing};
use storage::Db;

use crate::round;
use crate::say::say;

/// Parked events shown of each service.
const SHOWN: i64 = 200;

#[derive(Subcommand)]
pub(crate) enum EventsCommand {
    /// Events and other messages that no broker has confirmed yet, per service, and the age of the oldest.
    Lag,
    /// Events that could not be applied, with the reason.
    Parked,
    /// Try parked events again now.
    Replay,
}

pub(crate) async fn run(command: EventsCommand) -> Result<ExitCode> {
    let config = Config::load(Profile::Local)?;
    round::each(&config, None, async |service, db| show(&command, service, db).await.map(|()| true)).await
}

async fn show(command: &EventsCommand, service: &str, db: &Db) -> Result<()> {
    match command {
        EventsCommand::Lag => {
            let mut conn = db.conn().await?;
            let (waiting, oldest) = event_log::backlog(&mut conn).await?;
            say!("{service}: {waiting} events wait, the oldest for {oldest:.1} s");
            // Commands and results of MAS; the other services have none.
            let (waiting, oldest) = outgoing::backlog(&mut conn).await?;
            if waiting > 0 {
                say!("{service}: {waiting} messages wait, the oldest for {oldest:.1} s");
            }
        }
        EventsCommand::Parked => {
            let parked = parked::list(db, SHOWN).await?;
            say!("{service}: {} parked", parked.len());
            for event in parked {
                say!("  {} version {}: {} (tried {} times)", event.stream, event.version, event.reason, event.attempts);
            }
        }
        EventsCommand::Replay => say!("{service}: {} events are tried again now", parked::replay(db).await?),
    }
    Ok(())
}
