//! The whole benchmark, from an empty folder to the table.

use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use crate::crossdesk::{Installation, Running};
use crate::expectation::{Bound, Expectation};
use crate::footprint::{self, IDLE};
use crate::lines::{self, Site};
use crate::pgbench::{Pgbench, Script};
use crate::requests::{Creates, Repeated, Requests, get};
use crate::seed::{self, Customer, Target};
use crate::throughput::{Compared, Place, Sides, TURNS};

const CREATE_FIVE: &str = include_str!("../sql/create_five.sql");
const CREATE_ONE: &str = include_str!("../sql/create_one.sql");
const GET: &str = include_str!("../sql/get.sql");
const LIST: &str = include_str!("../sql/list.sql");

/// Customers: a handful, so that each has a page of tickets.
const CUSTOMERS: usize = 8;
/// The connections of a turn number their tickets from here on; no turn makes as many.
const SUBJECTS_OF_A_TURN: u64 = 1_000_000_000;
/// A million bytes, the stricter reading of MB.
const MEGABYTE: f64 = 1e6;

/// What to measure, and how.
pub(crate) struct Plan {
    /// Measured time of each operation, for each side.
    pub(crate) measured: Duration,
    /// Connections, and clients of pgbench.
    pub(crate) connections: usize,
    /// The program to measure.
    pub(crate) crossdesk: PathBuf,
    /// The pgbench to compare with.
    pub(crate) pgbench: PathBuf,
    /// Whether the data folder stays.
    pub(crate) keep: bool,
}

/// Measures everything, prints it, and returns what was expected.
pub(crate) async fn run(plan: &Plan) -> anyhow::Result<Vec<Expectation>> {
    // PostgreSQL may run as another user, who must reach its folder.
    let temporary = tempfile::Builder::new()
        .prefix("bench-crossdesk-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir()
        .context("can't make a folder")?;
    let outcome = run_in(plan, temporary.path()).await;
    if plan.keep {
        println!("kept: {}", temporary.keep().display());
    }
    outcome
}

async fn run_in(plan: &Plan, folder: &Path) -> anyhow::Result<Vec<Expectation>> {
    let program = plan.crossdesk.canonicalize().with_context(|| format!("no {}", plan.crossdesk.display()))?;
    let installation = Installation { program, folder: folder.to_owned(), port: free_port()? };

    eprintln!("starting crossdesk on an empty data folder");
    let running = installation.start().await?;
    tokio::time::sleep(IDLE).await;
    let idle = footprint::memory(running.id())?;
    let customers = customers(&installation).await?;
    let token = &customers.first().context("no customer")?.token;
    eprintln!("making tickets");
    let targets = seed::tickets(installation.address(), &customers).await?;
    footprint::quiet(&running).await?;
    running.stop()?;

    eprintln!("measuring starts");
    let start = footprint::start_time(&installation, token).await?;

    let running = installation.start().await?;
    let pgbench = Pgbench {
        program: plan.pgbench.clone(),
        folder: folder.to_owned(),
        database_url: installation.ask(&["database-url", "loan-support"]).await?,
        clients: plan.connections,
    };
    let turn = Duration::from_secs((plan.measured / TURNS).as_secs().max(1));
    let sides = Sides { pgbench: &pgbench, crossdesk: &running, address: installation.address(), turn };
    let operations = operations(&sides, &customers, targets).await?;
    footprint::quiet(&running).await?;
    print_table(&operations);
    print_memory(&idle, &running)?;
    let site = Site { crossdesk: &running, address: installation.address(), connections: plan.connections };
    let lines = lines::measure(&site, &customers).await;
    running.stop()?;

    let expectations = expectations(&operations, megabytes(idle.resident), start);
    for expectation in &expectations {
        println!("{expectation}");
    }
    // Only now: what was measured is worth printing all the same.
    lines?;
    Ok(expectations)
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

async fn customers(installation: &Installation) -> anyhow::Result<Vec<Customer>> {
    let mut customers = Vec::with_capacity(CUSTOMERS);
    for number in 1..=CUSTOMERS {
        let name = format!("user_{number}");
        let token = installation.ask(&["token", "--sub", &name, "--role", "customer"]).await?;
        customers.push(Customer { name, token });
    }
    Ok(customers)
}

struct Operations {
    create: Compared,
    create_one: f64,
    get: Compared,
    list: Compared,
}

/// Reads first, while each customer has as many tickets as a lively customer has; then creates.
async fn operations(
    sides: &Sides<'_>,
    customers: &[Customer],
    read: Vec<(Target, String)>,
) -> anyhow::Result<Operations> {
    let gets: Vec<_> = read
        .iter()
        .map(|(target, token)| get(&format!("/support/tickets/ticket_{}", target.ticket_id), token))
        .collect();
    let lists: Vec<_> =
        customers.iter().map(|customer| get("/support/tickets?page=1&limit=20", &customer.token)).collect();
    let targets: Vec<Target> = read.into_iter().map(|(target, _)| target).collect();
    let mut owners = targets.clone();
    owners.dedup_by(|one, other| one.owner == other.owner);
    let connections = sides.pgbench.clients as u64;

    eprintln!("measuring get");
    let get = sides.compare(&Script { sql: GET, targets: &targets }, &|place| repeated(&gets, place)).await?;
    eprintln!("measuring list");
    let list = sides.compare(&Script { sql: LIST, targets: &owners }, &|place| repeated(&lists, place)).await?;
    eprintln!("measuring create");
    let creates = |place: Place| -> Box<dyn Requests + Send> {
        let token = &customers[place.connection % customers.len()].token;
        let first = SUBJECTS_OF_A_TURN * u64::from(place.turn + 1) + place.connection as u64;
        Box::new(Creates::new(token, first, connections))
    };
    let create = sides.compare(&Script { sql: CREATE_FIVE, targets: &owners }, &creates).await?;
    let create_one = sides.sql(&Script { sql: CREATE_ONE, targets: &owners }).await?;
    Ok(Operations { create, create_one, get, list })
}

fn repeated(requests: &[Vec<u8>], place: Place) -> Box<dyn Requests + Send> {
    Box::new(Repeated::starting_at(requests.to_vec(), place.connection))
}

fn print_table(operations: &Operations) {
    println!("{:<24}{:>12}{:>14}{:>8}{:>9}{:>9}", "", "pgbench/s", "crossdesk/s", "ratio", "p50 ms", "p99 ms");
    let Operations { create, create_one, get, list } = operations;
    for (name, compared) in [("create", create), ("get", get), ("list of 20", list)] {
        let Compared { pgbench, crossdesk, latency_ms: [half, most] } = compared;
        let ratio = compared.ratio();
        println!("{name:<24}{pgbench:>12.1}{crossdesk:>14.1}{ratio:>8.2}{half:>9.2}{most:>9.2}");
    }
    println!("{:<24}{create_one:>12.1}", "create in one statement");
}

fn print_memory(idle: &footprint::Memory, running: &Running) -> anyhow::Result<()> {
    let after = footprint::memory(running.id())?;
    for (when, memory) in [("idle", idle), ("after the load", &after)] {
        let (resident, proportional) = (megabytes(memory.resident), megabytes(memory.proportional));
        println!("memory {when}: {resident:.1} MB resident, {proportional:.1} MB proportional");
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "no process has 2^52 bytes")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / MEGABYTE
}

/// The bounds are those of the contract with the owner of the project.
fn expectations(operations: &Operations, idle_megabytes: f64, start: Duration) -> Vec<Expectation> {
    vec![
        Expectation::new("create ratio", operations.create.ratio(), Bound::AtLeast(0.6), ""),
        Expectation::new("get ratio", operations.get.ratio(), Bound::AtLeast(0.25), ""),
        Expectation::new("list ratio", operations.list.ratio(), Bound::AtLeast(0.35), ""),
        Expectation::new("idle memory", idle_megabytes, Bound::AtMost(80.0), " MB"),
        Expectation::new("start to first 200", start.as_secs_f64(), Bound::AtMost(1.0), " s"),
    ]
}
