//! The other lines: one row for creating and one for reading, through the gateway, in the words of each line's contract.
//!
//! There is no SQL beside them: these rows are for comparing the lines with each other and with themselves over time. A
//! line that nobody serves says so, and the others are measured.

mod table;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use crate::crossdesk::Running;
use crate::footprint::quiet;
use crate::load::{self, Client};
use crate::requests::{Creates, Repeated, Requests, bare, with_json};
use crate::seed::Customer;

use table::{Access, Create, LINES, Line};

/// Not counted: connections, prepared statements and caches fill.
const WARM_UP: Duration = Duration::from_secs(1);
/// Measured time of a row: ten rows and the rests between them stay near a minute.
const MEASURED: Duration = Duration::from_secs(3);
/// What each customer has before anything is read: many enough that no single row is hot.
const READ_EACH: u64 = 8;
/// Measured creates are numbered from here on, beyond those made to be read.
const FIRST_MEASURED: u64 = 1_000_000;
/// What the gateway says of a path whose service isn't there, and a service of a path that it doesn't know.
const NOT_SERVED: [u16; 2] = [404, 503];
/// Where a path or a body names what was made before.
const ID: &str = "{id}";

/// What is measured.
pub(crate) struct Site<'a> {
    /// The process.
    pub(crate) crossdesk: &'a Running,
    /// Where its gateway listens.
    pub(crate) address: SocketAddr,
    /// Connections of a load.
    pub(crate) connections: usize,
}

/// A line: two rows, or the status that says nobody serves it.
enum Outcome {
    Measured { create: Row, read: Row },
    NotServed(u16),
}

struct Row {
    rate: f64,
    latency_ms: [f64; 2],
}

/// The requests of a line: creates with `NUMBER` in them, and reads.
#[derive(Default)]
struct Prepared {
    creates: Vec<Vec<u8>>,
    reads: Vec<Vec<u8>>,
}

/// What came of preparing.
enum Ready {
    Yes(Prepared),
    NotServed(u16),
}

/// Measures every line and prints its rows. An error says which answered what they should not.
pub(crate) async fn measure(site: &Site<'_>, customers: &[Customer]) -> anyhow::Result<()> {
    println!("{:<24}{:>26}{:>17}{:>9}", "", "crossdesk/s", "p50 ms", "p99 ms");
    let mut failed = Vec::new();
    for line in &LINES {
        eprintln!("measuring {}", line.name);
        match measure_line(line, site, customers).await {
            Ok(outcome) => outcome.print(line.name),
            Err(error) => {
                println!("{:<24}failed: {error:#}", line.name);
                failed.push(line.name);
            }
        }
    }
    ensure!(failed.is_empty(), "not measured: {}", failed.join(", "));
    Ok(())
}

/// Reads first, what was made for it; then creates.
async fn measure_line(line: &Line, site: &Site<'_>, customers: &[Customer]) -> anyhow::Result<Outcome> {
    let Prepared { creates, reads } = match prepare(line, site.address, customers).await? {
        Ready::Yes(prepared) => prepared,
        Ready::NotServed(status) => return Ok(Outcome::NotServed(status)),
    };
    let read = row(site, &|connection| Box::new(Repeated::starting_at(reads.clone(), connection))).await?;
    let create = |connection: usize| -> Box<dyn Requests + Send> {
        let request = creates[connection % creates.len()].clone();
        let first = FIRST_MEASURED + connection as u64;
        Box::new(Creates::numbered(request, line.create.status, first, site.connections as u64))
    };
    Ok(Outcome::Measured { create: row(site, &create).await?, read })
}

async fn row(site: &Site<'_>, make: &dyn Fn(usize) -> Box<dyn Requests + Send>) -> anyhow::Result<Row> {
    quiet(site.crossdesk).await?;
    let connections = (0..site.connections).map(make).collect();
    let mut achieved = load::run(site.address, connections, WARM_UP, MEASURED).await?;
    Ok(Row { rate: achieved.rate(), latency_ms: achieved.percentiles_ms([0.5, 0.99]) })
}

/// Makes what is read, and with it finds out whether the line is served.
async fn prepare(line: &Line, address: SocketAddr, customers: &[Customer]) -> anyhow::Result<Ready> {
    // What belongs to something else is all created for one and the same.
    let customers = if line.needs.is_some() { customers.get(..1).unwrap_or(customers) } else { customers };
    let mut client = Client::connect(address).await?;
    let mut prepared = Prepared::default();
    for (customer, first) in customers.iter().zip((0..).step_by(READ_EACH as usize)) {
        let mut needed = String::new();
        if let Some(needs) = &line.needs {
            let mut request = Creates::numbered(line.create(needs, customer, ""), needs.status, first, 1);
            match make(&mut client, &mut request, needs).await? {
                Ok(id) => needed = id,
                Err(status) => return Ok(Ready::NotServed(status)),
            }
        }
        let create = line.create(&line.create, customer, &needed);
        let mut requests = Creates::numbered(create.clone(), line.create.status, first, 1);
        for _ in 0..READ_EACH {
            match make(&mut client, &mut requests, &line.create).await? {
                Ok(id) => prepared.reads.push(line.read(customer, &id)),
                Err(status) => return Ok(Ready::NotServed(status)),
            }
        }
        prepared.creates.push(create);
    }
    Ok(Ready::Yes(prepared))
}

/// Creates one thing and returns its id, or the status that says that nobody serves this.
async fn make(client: &mut Client, requests: &mut Creates, create: &Create) -> anyhow::Result<Result<String, u16>> {
    let (status, body) = client.ask(requests.next()).await?;
    if NOT_SERVED.contains(&status) {
        return Ok(Err(status));
    }
    let text = String::from_utf8_lossy(body);
    ensure!(status == create.status, "POST {} was answered {status}: {text}", create.path);
    let answer: Value = serde_json::from_str(&text).with_context(|| format!("POST {}: {text}", create.path))?;
    match answer.pointer(create.id) {
        Some(Value::String(id)) => Ok(Ok(id.clone())),
        Some(Value::Number(id)) => Ok(Ok(id.to_string())),
        _ => bail!("POST {} answered without {}: {text}", create.path, create.id),
    }
}

impl Line {
    fn create(&self, create: &Create, customer: &Customer, needed: &str) -> Vec<u8> {
        let authorization = self.access.of(customer);
        with_json("POST", create.path, &self.all_headers(&authorization), &create.body.replace(ID, needed))
    }

    fn read(&self, customer: &Customer, id: &str) -> Vec<u8> {
        let authorization = self.access.of(customer);
        let request = bare("GET", &self.read.replace(ID, id), &self.all_headers(&authorization));
        // Any number will do: reading the same again and again is what these rows are about.
        Creates::numbered(request, 200, 0, 1).next().to_vec()
    }

    fn all_headers<'a>(&self, authorization: &'a str) -> Vec<(&'a str, &'a str)> {
        std::iter::once(("authorization", authorization)).chain(self.headers.iter().copied()).collect()
    }
}

impl Access {
    fn of(&self, customer: &Customer) -> String {
        match self {
            Self::Bearer => format!("Bearer {}", customer.token),
            Self::Always(value) => (*value).to_owned(),
        }
    }
}

impl Outcome {
    fn print(&self, line: &str) {
        match self {
            Self::Measured { create, read } => {
                for (operation, Row { rate, latency_ms: [half, most] }) in [("create", create), ("read", read)] {
                    println!("{:<24}{rate:>26.1}{half:>17.2}{most:>9.2}", format!("{line} {operation}"));
                }
            }
            Self::NotServed(status) => println!("{line:<24}not served ({status})"),
        }
    }
}

#[cfg(test)]
mod tests;
