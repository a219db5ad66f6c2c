//! The PostgreSQL server of this instance: the one that is configured, or a cluster of its own.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::{fs, io::Write as _};

use anyhow::{Context as _, Result};
use chassis::Config;
use localpg::{Cluster, LocalPgError, Options};

use crate::databases::{Databases, note_path};

/// Connections the cluster allows: nine services with two workers of 16 each and 4 in the background make 324. The 76
/// that are left are for operators and load generators.
const MAX_CONNECTIONS: u16 = 400;

/// The PostgreSQL server of this instance.
pub(crate) struct Server {
    /// Where the services' databases are on it, or beside it.
    pub(crate) databases: Databases,
    cluster: Option<Own>,
}

/// A cluster of ours, and the note that says how to reach it.
struct Own {
    cluster: Option<Cluster>,
    dir: PathBuf,
    note: PathBuf,
}

impl Server {
    /// The configured server, or the instance's own cluster, started.
    pub(crate) async fn start(config: &Config) -> Result<Self> {
        if config.database.url.is_some() {
            return Ok(Self { databases: Databases::find(config)?, cluster: None });
        }
        let dir = std::path::absolute(config.data_dir.join("postgres"))?;
        let cluster = start_cluster(&dir).await?;
        let url = cluster.url("postgres");
        let note = note_path(&config.data_dir);
        write_note(&note, &url).with_context(|| note.display().to_string())?;
        let databases = Databases::on(config, Some(url))?;
        Ok(Self { databases, cluster: Some(Own { cluster: Some(cluster), dir, note }) })
    }

    /// Waits until the instance's own cluster ends by itself, and says why. For ever if the server is not ours.
    pub(crate) async fn failure(&mut self) -> LocalPgError {
        match self.cluster.as_mut().and_then(|own| own.cluster.as_mut()) {
            Some(cluster) => cluster.failure().await,
            None => std::future::pending().await,
        }
    }

    /// Starts the instance's own cluster again after it ended. Its URL stays the same.
    pub(crate) async fn restart(&mut self) -> Result<()> {
        if let Some(own) = &mut self.cluster {
            // The lock on the folder goes with the old one.
            drop(own.cluster.take());
            own.cluster = Some(start_cluster(&own.dir).await?);
        }
        Ok(())
    }

    /// Stops the cluster if it is ours.
    pub(crate) async fn stop(self) -> Result<()> {
        if let Some(own) = self.cluster {
            // A note that stays behind names a server that is gone; the next start writes it anew.
            let _ = fs::remove_file(own.note);
            if let Some(cluster) = own.cluster {
                cluster.stop().await?;
            }
        }
        Ok(())
    }
}

async fn start_cluster(dir: &Path) -> Result<Cluster> {
    let options = Options { dir: dir.to_owned(), durable: true, max_connections: MAX_CONNECTIONS };
    Cluster::start(options).await.context("the private PostgreSQL")
}

fn write_note(path: &Path, url: &str) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(url.as_bytes())
}
