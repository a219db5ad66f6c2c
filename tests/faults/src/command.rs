//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

use crate::figures;
use crate::lab::Lab;
use crate::prove;
use crate::report::{self, Outcome};
use crate::scenarios::{self, SCENARIOS, Scenario};
use crate::stack;
use crate::upgrade;

/// Replicas of each service: a rolling restart needs two.
const REPLICAS: usize = 2;

#[derive(Parser)]
#[command(
    about = "The fault lab: breaks the distributed form in many ways and checks that nothing is lost or doubled."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Every scenario once: what must pass before anything lands.
    Gate {
        /// What all randomness comes from.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Only these scenarios.
        #[arg(long)]
        only: Vec<String>,
    },
    /// Scenarios in random order for as long as wanted.
    Long {
        /// How long, in seconds.
        #[arg(long)]
        seconds: u64,
        /// What all randomness comes from; printed at the end, so that a run can be repeated.
        #[arg(long)]
        seed: Option<u64>,
    },
    /// How long events take from commit to confirm and to their effect, at 200 and 1,000 a second. For release builds.
    Latency,
    /// How fast the backlog drains after the broker was away. For release builds.
    Backlog {
        /// How long the broker is away.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
    },
    /// Upgrades a running system from the programs of the release before to our own.
    Upgrade {
        /// The folder of the programs of the release before.
        #[arg(long)]
        previous: PathBuf,
        /// What all randomness comes from.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Switches classic bugs on, one by one, and wants each of them caught. For builds with the bugs in them.
    Prove {
        /// What all randomness comes from.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Only these bugs.
        #[arg(long)]
        only: Vec<String>,
    },
}

/// Runs the command line.
#[tokio::main]
pub async fn run() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Gate { seed, only } => gate(seed, &only).await,
        Command::Long { seconds, seed } => long(seconds, seed.unwrap_or_else(rand::random)).await,
        Command::Latency => figures::latency(1).await,
        Command::Backlog { seconds } => figures::backlog(1, seconds).await,
        Command::Upgrade { previous, seed } => upgrade::upgrade(&previous, seed).await,
        Command::Prove { seed, only } => prove::prove(seed, &only).await,
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("faults: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn gate(seed: u64, only: &[String]) -> Result<bool> {
    let began = Instant::now();
    let chosen: Vec<&Scenario> = if only.is_empty() {
        SCENARIOS.iter().collect()
    } else {
        let find = |name: &String| scenarios::find(name).with_context(|| format!("there is no scenario {name}"));
        only.iter().map(find).collect::<Result<_>>()?
    };
    let mut lab = Lab::start(&stack::programs()?, REPLICAS, seed, &[]).await?;
    let mut outcome = in_turn(&mut lab, &chosen).await;
    // A part of the gate promises nothing.
    if only.is_empty() && matches!(outcome, Ok(true)) {
        outcome = Ok(report::is_enough(&lab.client.history, lab.tally, began.elapsed()));
    }
    end(lab, outcome).await
}

/// What comes after a violation proves nothing more.
async fn in_turn(lab: &mut Lab, chosen: &[&Scenario]) -> Result<bool> {
    for scenario in chosen {
        if !play(lab, scenario).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn long(seconds: u64, seed: u64) -> Result<bool> {
    println!("seed {seed}");
    let end_at = Instant::now() + Duration::from_secs(seconds);
    let mut lab = Lab::start(&stack::programs()?, REPLICAS, seed, &[]).await?;
    let outcome = at_random(&mut lab, end_at).await;
    end(lab, outcome).await
}

async fn at_random(lab: &mut Lab, end_at: Instant) -> Result<bool> {
    use rand::RngExt as _;
    while Instant::now() < end_at {
        let scenario = &SCENARIOS[lab.random.random_range(1..SCENARIOS.len())];
        if !play(lab, scenario).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whatever came of it, nothing that was started keeps running.
async fn end(lab: Lab, outcome: Result<bool>) -> Result<bool> {
    report::print_sums(&lab.client.history, lab.tally, lab.seed);
    lab.stack.stop(matches!(outcome, Ok(true))).await?;
    outcome
}

async fn play(lab: &mut Lab, scenario: &Scenario) -> Result<bool> {
    let began = Instant::now();
    let seen = (scenario.run)(lab).await.with_context(|| format!("scenario {}", scenario.name))?;
    let verdict = lab.check().await?;
    let outcome = Outcome { name: scenario.name, verdict, seen, took: began.elapsed() };
    outcome.print();
    Ok(outcome.is_good())
}
