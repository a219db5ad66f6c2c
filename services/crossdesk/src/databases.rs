//! Where the services' databases are: on the server that is configured, or in the local instance's own cluster.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io::Write as _};

use anyhow::{Context as _, Result};
use chassis::{Config, Profile};
use localpg::{Cluster, LocalPgError, Options};
use secrecy::ExposeSecret as _;

/// Connections the cluster allows: nine services with two workers of 16 each and 4 in the background make 324. The 76
/// that are left are for operators and load generators.
const MAX_CONNECTIONS: u16 = 400;

/// The PostgreSQL server of this instance.
pub(crate) struct Server {
    /// URL of its maintenance database.
    pub(crate) url: String,
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
        if let Some(url) = &config.database.url {
            return Ok(Self { url: url.expose_secret().to_owned(), cluster: None });
        }
        let dir = std::path::absolute(config.data_dir.join("postgres"))?;
        let cluster = start_cluster(&dir).await?;
        let url = cluster.url("postgres");
        let note = note_path(&config.data_dir);
        write_note(&note, &url).with_context(|| note.display().to_string())?;
        Ok(Self { url, cluster: Some(Own { cluster: Some(cluster), dir, note }) })
    }

    /// The URL of a service's database.
    pub(crate) fn database_url(&self, service: &str) -> Result<String> {
        database_url(&self.url, service)
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

/// The name of a service's database.
pub(crate) fn database_name(service: &str) -> String {
    format!("crossdesk_{}", service.replace('-', "_"))
}

/// The server that a command other than `serve` talks to: the configured one, or the running local instance's.
pub(crate) fn server_url(config: &Config) -> Result<String> {
    if let Some(url) = &config.database.url {
        return Ok(url.expose_secret().to_owned());
    }
    let note = note_path(&config.data_dir);
    fs::read_to_string(&note).context("no local instance runs here, and CROSSDESK__DATABASE__URL is not set")
}

/// A database beside the one that `server` names.
pub(crate) fn database_url(server: &str, service: &str) -> Result<String> {
    let (path, parameters) = server.split_once('?').map_or((server, ""), |(path, rest)| (path, rest));
    let (base, _) = path.rsplit_once('/').context("the database URL has no path")?;
    let parameters = if parameters.is_empty() { String::new() } else { format!("?{parameters}") };
    Ok(format!("{base}/{}{parameters}", database_name(service)))
}

/// Prints the URL of a service's database.
pub(crate) fn print_url(service: &str) -> Result<ExitCode> {
    let config = Config::load(Profile::Local)?;
    println!("{}", database_url(&server_url(&config)?, service)?);
    Ok(ExitCode::SUCCESS)
}

/// Where a running instance says how to reach its cluster.
fn note_path(data_dir: &Path) -> PathBuf {
    data_dir.join("postgres.url")
}

fn write_note(path: &Path, url: &str) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(url.as_bytes())
}
