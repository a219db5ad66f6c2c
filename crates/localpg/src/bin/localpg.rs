//! Runs a command with a private PostgreSQL cluster around it: for scripts, benchmarks and the processes of `make up`.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::process::ExitStatus;

use anyhow::Context;
use clap::Parser;
use localpg::{Cluster, Options};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// Every service of `make up`, with its pool, at once.
const DEFAULT_CONNECTIONS: u16 = 200;

/// What shells add to a signal's number to make an exit code.
const SIGNAL_EXIT_BASE: i32 = 128;

/// Starts a private PostgreSQL cluster, runs a command with DATABASE_URL set to it, and stops the cluster.
#[derive(Debug, Parser)]
#[command(name = "localpg")]
struct Arguments {
    /// The cluster's folder, made if need be
    #[arg(long)]
    dir: PathBuf,
    /// Trade safety for speed: a crash of the machine may destroy the cluster
    #[arg(long)]
    fast: bool,
    /// How many connections the server takes at once
    #[arg(long, default_value_t = DEFAULT_CONNECTIONS)]
    max_connections: u16,
    /// Write the URL of the database "postgres" to this file once it can be used
    #[arg(long, value_name = "FILE")]
    print_url_file: Option<PathBuf>,
    /// The command; without one the cluster runs until SIGTERM or SIGINT
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut signals = Signals::listen()?;
    let options =
        Options { dir: arguments.dir.clone(), durable: !arguments.fast, max_connections: arguments.max_connections };
    let mut cluster = tokio::select! {
        started = Cluster::start(options) => started.context("could not start PostgreSQL")?,
        signal = signals.next() => return Ok(exit_code(signal.as_raw() + SIGNAL_EXIT_BASE)),
    };
    if fs::canonicalize(&arguments.dir).is_ok_and(|wanted| wanted != cluster.dir()) {
        eprintln!("localpg: the data lives in {}, which the PostgreSQL user can reach", cluster.dir().display());
    }
    let outcome = serve(&mut cluster, &mut signals, &arguments).await;
    cluster.stop().await.context("could not stop PostgreSQL")?;
    outcome
}

async fn serve(cluster: &mut Cluster, signals: &mut Signals, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let url = cluster.url("postgres");
    if let Some(file) = &arguments.print_url_file {
        write_whole(file, &url)?;
    }
    let Some((program, rest)) = arguments.command.split_first() else {
        println!("localpg ready {url}");
        return tokio::select! {
            _ = signals.next() => Ok(ExitCode::SUCCESS),
            failure = cluster.failure() => Err(failure.into()),
        };
    };
    let mut command = Command::new(program);
    let mut child =
        command.args(rest).env("DATABASE_URL", url).spawn().with_context(|| format!("could not run {program}"))?;
    // The command notices by itself if the database dies, and may have more to do then than we know.
    Ok(status_code(wait(&mut child, signals).await?))
}

async fn wait(child: &mut Child, signals: &mut Signals) -> anyhow::Result<ExitStatus> {
    loop {
        tokio::select! {
            status = child.wait() => return Ok(status?),
            signal = signals.next() => {
                if let Some(pid) = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)) {
                    // It may have ended a moment ago; the next turn of the loop sees that.
                    let _ = kill_process(pid, signal);
                }
            }
        }
    }
}

/// Readers never see half a URL.
fn write_whole(file: &Path, url: &str) -> anyhow::Result<()> {
    let new = file.with_extension("new");
    fs::write(&new, format!("{url}\n")).with_context(|| format!("could not write {}", new.display()))?;
    fs::rename(&new, file).with_context(|| format!("could not write {}", file.display()))
}

/// As a shell reports it.
fn status_code(status: ExitStatus) -> ExitCode {
    exit_code(status.code().unwrap_or_else(|| SIGNAL_EXIT_BASE + status.signal().unwrap_or(0)))
}

fn exit_code(code: i32) -> ExitCode {
    u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// The signals that ask us to stop.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::INT,
            _ = self.terminate.recv() => Signal::TERM,
        }
    }
}
