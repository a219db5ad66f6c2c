//! `crossdesk audit`: whether the record of what agents and admins did is whole.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use chassis::{Config, Profile};
use clap::{Args, Subcommand};
use domain::SystemClock;
use messaging::audit::{self, Head, Report};
use storage::Db;

use crate::databases::{database_url, server_url};
use crate::fleet::SERVICES;

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Recompute every chain and hold it against the event log; exit 1 if anything was altered, removed or moved.
    Verify(VerifyArguments),
}

#[derive(Args)]
pub(crate) struct VerifyArguments {
    /// Only this service.
    #[arg(long)]
    service: Option<String>,
    /// The head that an earlier check or a log line showed, as POSITION:HASH: it must still be part of the chain. Needs
    /// --service.
    #[arg(long, requires = "service", value_parser = head)]
    noted: Option<Head>,
}

pub(crate) async fn run(command: AuditCommand) -> Result<ExitCode> {
    let AuditCommand::Verify(arguments) = command;
    let config = Config::load(Profile::Local)?;
    let server = server_url(&config)?;
    let wanted = |name: &str| arguments.service.as_deref().is_none_or(|service| service == name);
    let mut services = SERVICES.iter().filter(|service| service.has_database && wanted(service.name)).peekable();
    ensure!(services.peek().is_some(), "there is no such service, or it has no database");
    let mut is_whole = true;
    for service in services {
        let url = database_url(&server, service.name)?;
        let db = Db::new(&url, "crossdesk audit", 1, Arc::new(SystemClock), Arc::default())?;
        let report = audit::verify(&db, arguments.noted).await;
        let report = report.with_context(|| format!("{}'s database", service.name))?;
        is_whole &= report.findings.is_empty();
        tell(service.name, &report);
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(service: &str, report: &Report) {
    let verdict = if report.findings.is_empty() { "whole" } else { "NOT WHOLE" };
    println!("{service}: {verdict}, {} rows, {} events wait, head {}", report.rows, report.waiting, report.head);
    for finding in &report.findings {
        println!("  {finding}");
    }
}

fn head(text: &str) -> Result<Head> {
    let Some(head) = Head::parse(text) else { bail!("a head is written POSITION:HASH, as `audit verify` shows it") };
    Ok(head)
}
