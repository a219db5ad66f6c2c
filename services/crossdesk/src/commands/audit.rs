//! `crossdesk audit`: whether the record of what agents and admins did is whole.

use std::process::ExitCode;

use anyhow::{Result, bail};
use chassis::{Config, Profile};
use clap::{Args, Subcommand};
use messaging::audit::{self, Head, Report};

use crate::round;
use crate::say::say;

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Recompute every chain and hold it against the event log; exit 1 if anything was altered, removed or moved, or if a
    /// database does not answer.
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
    round::each(&config, arguments.service.as_deref(), async |service, db| {
        let report = audit::verify(db, arguments.noted).await?;
        tell(service, &report);
        Ok(report.findings.is_empty())
    })
    .await
}

fn tell(service: &str, report: &Report) {
    let verdict = if report.findings.is_empty() { "whole" } else { "NOT WHOLE" };
    say!("{service}: {verdict}, {} rows, {} events wait, head {}", report.rows, report.waiting, report.head);
    for finding in &report.findings {
        say!("  {finding}");
    }
}

fn head(text: &str) -> Result<Head> {
    let Some(head) = Head::parse(text) else { bail!("a head is written POSITION:HASH, as `audit verify` shows it") };
    Ok(head)
}
