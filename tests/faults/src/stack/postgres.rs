//! The database server of a run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
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
        let pid = i32::try_from(cluster.pid()).ok().and_then(Pid::from_raw).context("a pid")?;
        kill_process(pid, Signal::KILL)?;
        let _failure = tokio::time::timeout(GONE_WITHIN, cluster.failure()).await;
        drop(cluster);
        self.cluster = Some(start(&self.dir).await?);
        Ok(())
    }

    /// Stops it in good order.
    pub async fn stop(self) -> Result<()> {
        match self.cluster {
            Some(cluster) => Ok(cluster.stop().await?),
            None => Ok(()),
        }
    }
}

async fn start(dir: &Path) -> Result<Cluster> {
    let options = Options { dir: dir.to_owned(), durable: true, max_connections: MAX_CONNECTIONS };
    Cluster::start(options).await.context("the lab's PostgreSQL")
}
