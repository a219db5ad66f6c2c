//! A cluster from claim to stop, step by step.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::LocalPgError;
use crate::initialise::{self, elapsed_ms};
use crate::place::Place;
use crate::server::Server;
use crate::{leftover, programs, settings};

/// Which cluster, and how it behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// The cluster's folder; made if need be. Programs unpacked into `tools` beside it are found.
    pub dir: PathBuf,
    /// Whether a confirmed commit survives a crash of the machine. `false` is for tests only.
    pub durable: bool,
    /// How many connections the server takes at once.
    pub max_connections: u16,
}

/// A running private PostgreSQL cluster. Dropping it ends the server at once; [`Cluster::stop`] does it in good order.
#[derive(Debug)]
pub struct Cluster {
    // Before `place`: the server is told to end before the folder's lock is released.
    server: Server,
    sockets: PathBuf,
    place: Place,
}

impl Cluster {
    /// Makes the cluster if need be, replaces a server left behind by a killed program, and waits until connections
    /// are taken.
    ///
    /// # Errors
    ///
    /// See [`LocalPgError`]: the programs are missing, the folder is in use, or the server does not start.
    pub async fn start(options: Options) -> Result<Self, LocalPgError> {
        let started = Instant::now();
        let place = Place::claim(&options.dir)?;
        let data = place.data();
        let programs = programs::find_for_data(&options.dir, &data)?;
        leftover::stop(&data).await?;
        let sockets = place.claim_sockets()?;
        settings::write(
            &place.settings(),
            &settings::text(&programs, &sockets, options.durable, options.max_connections),
        )?;
        initialise::ensure(&place, &programs, options.durable).await?;
        let server = Server::spawn(&place, &programs)?;
        let mut cluster = Self { server, sockets, place };
        cluster.server.ready(&data).await?;
        tracing::info!(
            dir = %cluster.place.dir.display(), process.id = cluster.pid(), elapsed_ms = elapsed_ms(started),
            "PostgreSQL is ready"
        );
        Ok(cluster)
    }

    /// The URL of `database` (letters, digits, `_` and `-`). The database `postgres` always exists.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let host = self.sockets.to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{host}/{database}")
    }

    /// The server's process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// Where the files really are: [`Options::dir`], unless the server's user can't reach that.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.place.dir
    }

    /// Waits until the server ends by itself, which it never should, and says why it did.
    pub async fn failure(&mut self) -> LocalPgError {
        self.server.failure().await
    }

    /// Closes all connections and stops the server; by force if it takes more than 15 seconds.
    ///
    /// # Errors
    ///
    /// [`LocalPgError::LeftoverStays`] if not even force helped.
    pub async fn stop(mut self) -> Result<(), LocalPgError> {
        let started = Instant::now();
        let status = self.server.stop().await?;
        self.place.release_sockets();
        tracing::info!(%status, elapsed_ms = elapsed_ms(started), "PostgreSQL has stopped");
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.server.abandon() {
            self.place.release_sockets();
        }
    }
}
