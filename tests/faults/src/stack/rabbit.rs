//! The broker of a run, started by the same script that `make up` uses.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;

use crate::proxy::Target;

/// The script, from the root of the repository, where `make` runs.
const SCRIPT: &str = "deploy/local/rabbitmq";
/// Ports a node needs, in a row.
const PORTS: u16 = 7;
/// Where the first node's row begins, and how far the next one's is from it.
const FIRST_PORT: u16 = 5780;
const STEP: u16 = 10;
/// A killed process is gone after some ten milliseconds.
const GONE_WITHIN: Duration = Duration::from_secs(10);

/// What is in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// Its name.
    pub name: String,
    /// Messages that wait.
    pub ready: u64,
    /// Messages that were delivered and not answered.
    pub unanswered: u64,
}

impl Queued {
    fn read(line: &str) -> Result<Self> {
        let mut fields = line.split_whitespace();
        let mut field = || fields.next().with_context(|| format!("the listing of queues has the line {line:?}"));
        let name = field()?.to_owned();
        let mut count = || field()?.parse().with_context(|| format!("no count of messages in {line:?}"));
        Ok(Self { name, ready: count()?, unanswered: count()? })
    }
}

/// A private RabbitMQ.
pub struct Rabbit {
    dir: PathBuf,
    port: u16,
}

impl Rabbit {
    /// Makes and starts a node. Between our look at a port and the node's, somebody else may take it: then on others.
    pub async fn start(dir: PathBuf) -> Result<Self> {
        let mut rabbit = Self { port: free_ports(FIRST_PORT)?, dir };
        while let Err(error) = rabbit.script(&["start"]).await {
            if !error.to_string().contains("is taken by another program") {
                return Err(error);
            }
            rabbit.port = free_ports(rabbit.port + STEP)?;
        }
        Ok(rabbit)
    }

    /// Where proxies lead.
    #[must_use]
    pub fn target(&self) -> Target {
        Target::Port(self.port)
    }

    /// The URL past every proxy: for the checker.
    #[must_use]
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.port)
    }

    /// `kill -9`; nothing answers until [`Rabbit::revive`]. Returns when the node has let go of its port, which takes a
    /// process of that size a moment.
    pub async fn kill(&self) -> Result<()> {
        self.signal(Signal::KILL)?;
        let end = Instant::now() + GONE_WITHIN;
        while !is_free(self.port) {
            ensure!(Instant::now() < end, "the killed RabbitMQ keeps its port");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Sends a signal to the node.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = std::fs::read_to_string(self.dir.join("pid"))?;
        let pid = Pid::from_raw(pid.trim().parse()?).context("the node's pid")?;
        Ok(kill_process(pid, signal)?)
    }

    /// Starts the node again, on the same files.
    pub async fn revive(&self) -> Result<()> {
        self.script(&["start"]).await.map(drop)
    }

    /// Every queue. A queue that the broker cannot count is an error and not an empty one.
    pub async fn queues(&self) -> Result<Vec<Queued>> {
        let columns = ["name", "messages_ready", "messages_unacknowledged"];
        let command = ["ctl", "-q", "list_queues", "--no-table-headers"];
        let text = self.script(&[&command[..], &columns].concat()).await?;
        text.lines().filter(|line| !line.trim().is_empty()).map(Queued::read).collect()
    }

    /// Runs `rabbitmqctl`.
    pub async fn ctl(&self, arguments: &[&str]) -> Result<String> {
        self.script(&[&["ctl"], arguments].concat()).await
    }

    /// Stops it in good order.
    pub async fn stop(&self) -> Result<()> {
        self.script(&["stop"]).await.map(drop)
    }

    async fn script(&self, arguments: &[&str]) -> Result<String> {
        let (verb, rest) = arguments.split_first().context("a verb")?;
        let mut command = Command::new(Path::new(SCRIPT));
        command.arg(verb).arg(&self.dir);
        if *verb == "start" {
            command.arg(self.port.to_string());
        }
        let output = command.args(rest).output().await.context(SCRIPT)?;
        if !output.status.success() {
            bail!("{SCRIPT} {verb}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn free_ports(from: u16) -> Result<u16> {
    let mut rows = (from..6400).step_by(usize::from(STEP));
    rows.find(|first| (*first..first + PORTS).all(is_free)).context("no free ports for RabbitMQ")
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_listing_is_read_or_refused() {
        let read = |line| Queued::read(line).ok();
        assert_eq!(read("a.b\t3\t14"), Some(Queued { name: "a.b".to_owned(), ready: 3, unanswered: 14 }));
        // What the broker says of a queue whose process is away.
        assert_eq!(read("a.b\t\t"), None);
        assert_eq!(read("Error: timeout"), None);
    }
}
