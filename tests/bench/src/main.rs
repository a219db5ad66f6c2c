#![doc = include_str!("../README.md")]

mod answer;
mod crossdesk;
mod expectation;
mod footprint;
mod lines;
mod load;
mod pgbench;
mod requests;
mod run;
mod seed;
mod throughput;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use crate::expectation::Expectation;
use crate::run::Plan;

/// Measures Crossdesk against pgbench on the same PostgreSQL.
#[derive(Debug, Parser)]
struct Arguments {
    /// Measured seconds of each operation, for each side
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..=600))]
    seconds: u64,
    /// Connections of the HTTP client, and clients of pgbench
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1000))]
    connections: u16,
    /// The program to measure
    #[arg(long, default_value = "target/release/crossdesk")]
    crossdesk: PathBuf,
    /// The pgbench to compare with
    #[arg(long, default_value = "pgbench")]
    pgbench: PathBuf,
    /// Keep the data folder and say where it is
    #[arg(long)]
    keep: bool,
    /// Fail if an expectation isn't met
    #[arg(long)]
    strict: bool,
}

/// One thread: the client must leave the machine to the server.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let strict = arguments.strict;
    match measure(arguments).await {
        Ok(expectations) if strict && !expectations.iter().all(Expectation::is_met) => ExitCode::FAILURE,
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(arguments: Arguments) -> anyhow::Result<Vec<Expectation>> {
    let plan = Plan {
        measured: Duration::from_secs(arguments.seconds),
        connections: usize::from(arguments.connections),
        crossdesk: arguments.crossdesk,
        pgbench: arguments.pgbench,
        keep: arguments.keep,
    };
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        outcome = run::run(&plan) => outcome,
        // Dropping the run ends every process that it started.
        _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
        _ = terminate.recv() => anyhow::bail!("terminated"),
    }
}
