//! The database server of a run.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use localpg::{Cluster, Options};
use rustix::process::{Pid, Signal, kill_process};

use crate::proxy::Target;

/// Two replicas of ten services with a worker's pool of 8 and a background pool of 4, and the checker.
const MAX_CONNECTIONS: u16 = 400;
/// How long to wait for a server that was killed to be gone.
const GONE_WITHIN: Duration = Duration::from_secs(10);

/// A private PostgreSQL, durable as in production.
pub struct Postgres {
    cluster: Option<Cluster>,
    dir: PathBuf,
    url: String,
}

impl Postgres {
    /// Makes and starts a cluster.
    pub async fn start(dir: &Path) -> Result<Self> {
        let cluster = start(dir).await?;
        let url = cluster.url("postgres");
        Ok(Self { cluster: Some(cluster), dir: dir.to_owned(), url })
    }

    /// The URL of a database, past every proxy: for the checker.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let (base, _) = self.url.rsplit_once('/').unwrap_or((&self.url, ""));
        format!("{base}/{database}")
    }

    /// Where proxies lead.
    #[must_use]
    pub fn target(&self) -> Target {
        let host = self.url.split_once('@').map_or("", |(_, rest)| rest).split('/').next().unwrap_or("");
        Target::Socket(PathBuf::from(host.replace("%2F", "/")).join(".s.PGSQL.5432"))
    }

    /// `kill -9` of the postmaster, and a new start.
    pub async fn kill_and_restart(&mut self) -> Result<()> {
        let mut cluster = self.cluster.take().context("PostgreSQL does not run")?;
        kill_process(pid(cluster.pid())?, Signal::KILL)?;
        let _failure = tokio::time::timeout(GONE_WITHIN, cluster.failure()).await;
        drop(cluster);
        self.cluster = Some(start(&self.dir).await?);
        Ok(())
    }

    /// Starts it anew with a write-ahead log in files of 1 MiB, so that a limit on files can spare the log.
    pub async fn shrink_log_files(&mut self) -> Result<()> {
        let cluster = self.cluster.take().context("PostgreSQL does not run")?;
        let data = cluster.dir().join("data");
        cluster.stop().await?;
        let owner = std::fs::metadata(&data)?;
        let mut command = localpg::find_programs_beside(&self.dir)?.command("pg_resetwal");
        command.arg("--wal-segsize=1").arg(&data).current_dir("/").uid(owner.uid()).gid(owner.gid());
        let done = tokio::process::Command::from(command).output().await?;
        ensure!(done.status.success(), "pg_resetwal: {}", String::from_utf8_lossy(&done.stderr));
        self.cluster = Some(start(&self.dir).await?);
        Ok(())
    }

    /// How large a file of the server may become: the rest of its disk is taken. `None`: as large as it likes.
    pub async fn limit_files(&self, bytes: Option<u64>) -> Result<()> {
        let cluster = self.cluster.as_ref().context("PostgreSQL does not run")?;
        let postmaster = cluster.pid();
        let limit = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        let owner = std::fs::metadata(cluster.dir().join("data"))?;
        // By the server's own user: root may not have the right to limit others.
        let set = async |processes: &[u32]| -> Result<()> {
            let mut command = Command::new("sh");
            // The soft limit alone, so that it can be lifted. Some processes may have ended by themselves.
            let script =
                "limit=$1; shift; for pid; do prlimit --fsize=\"$limit\": --pid \"$pid\" || [ ! -e /proc/$pid ]; done";
            command.args(["-euc", script, "limit", &limit]).args(processes.iter().map(u32::to_string));
            command.current_dir("/").uid(owner.uid()).gid(owner.gid());
            let done = tokio::process::Command::from(command).output().await?;
            ensure!(done.status.success(), "prlimit: {}", String::from_utf8_lossy(&done.stderr));
            Ok(())
        };
        // The postmaster first: whom it starts from now on has the limit from it.
        set(&[postmaster]).await?;
        set(&children(postmaster)?).await
    }

    /// Stops it in good order.
    pub async fn stop(self) -> Result<()> {
        match self.cluster {
            Some(cluster) => Ok(cluster.stop().await?),
            None => Ok(()),
        }
    }
}

fn pid(number: u32) -> Result<Pid> {
    i32::try_from(number).ok().and_then(Pid::from_raw).context("a pid")
}

/// The processes that a process has started.
fn children(parent: u32) -> Result<Vec<u32>> {
    let mut children = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let Some(number) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let status = std::fs::read_to_string(format!("/proc/{number}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        if line.and_then(|ppid| ppid.trim().parse().ok()) == Some(parent) {
            children.push(number);
        }
    }
    Ok(children)
}

async fn start(dir: &Path) -> Result<Cluster> {
    let options = Options { dir: dir.to_owned(), durable: true, max_connections: MAX_CONNECTIONS };
    Cluster::start(options).await.context("the lab's PostgreSQL")
}
