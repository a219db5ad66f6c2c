//! Opens connections and keeps the pool free of broken ones, without a check query per checkout.
//!
//! We drive each connection ourselves instead of leaving it to diesel-async: the task that does so knows when the
//! connection ends, and tells the pool.

mod dial;
mod patient;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use diesel::ConnectionError;
use diesel_async::AsyncPgConnection;
use tokio_postgres::{Config, NoTls};

use self::dial::dial;
use self::patient::Patient;

/// How long a statement may run: longer than any of ours needs, shorter than the gateway's patience of 30 s.
const STATEMENT_TIMEOUT_MS: u32 = 20_000;
/// How long a statement waits for a lock. It is also how long a repeated request waits for the first one with its
/// idempotency key (contract: 5 s).
const LOCK_TIMEOUT_MS: u32 = 5_000;
/// How long a transaction may sit idle before PostgreSQL ends it and frees its locks.
const IDLE_IN_TRANSACTION_TIMEOUT_MS: u32 = 20_000;
/// How long the server may be silent when it was asked something: longer than it lets a statement run.
const PATIENCE: Duration = Duration::from_secs(25);
/// How long to wait for PostgreSQL to answer a new connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection that knows whether it still lives.
pub struct Pooled {
    conn: AsyncPgConnection,
    ended: Arc<AtomicBool>,
}

/// Tells the pool when the task that drives a connection ends, also if its runtime is shut down under it.
struct TellEnd(Arc<AtomicBool>);

impl Drop for TellEnd {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl std::fmt::Debug for Pooled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pooled").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl Deref for Pooled {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.conn
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.conn
    }
}

/// Opens connections for the pool.
#[derive(Debug)]
pub struct Opener {
    config: Config,
}

impl Opener {
    pub(crate) fn new(url: &str, application: &str) -> Result<Self, tokio_postgres::Error> {
        let mut config: Config = url.parse()?;
        config.application_name(application).options(format!(
            "-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS} \
             -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS}"
        ));
        Ok(Self { config })
    }
}

impl managed::Manager for Opener {
    type Type = Pooled;
    type Error = ConnectionError;

    async fn create(&self) -> Result<Pooled, ConnectionError> {
        let connecting = async {
            let stream = dial(&self.config).await.map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
            self.config.connect_raw(Patient::new(stream, PATIENCE), NoTls).await.map_err(bad_connection)
        };
        let late = |_| ConnectionError::BadConnection("PostgreSQL does not answer".to_owned());
        let (client, connection) = tokio::time::timeout(CONNECT_TIMEOUT, connecting).await.map_err(late)??;
        let ended = Arc::new(AtomicBool::new(false));
        let tell = TellEnd(Arc::clone(&ended));
        tokio::spawn(async move {
            let _tell = tell;
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a database connection ended");
            }
        });
        Ok(Pooled { conn: AsyncPgConnection::try_from(client).await?, ended })
    }

    async fn recycle(&self, pooled: &mut Pooled, _: &Metrics) -> RecycleResult<ConnectionError> {
        if pooled.ended.load(Ordering::Acquire) { Err(RecycleError::message("the connection ended")) } else { Ok(()) }
    }
}

fn bad_connection(error: tokio_postgres::Error) -> ConnectionError {
    // The driver's own text is only "db error"; what PostgreSQL said is its source.
    let said = std::error::Error::source(&error).map(ToString::to_string);
    ConnectionError::BadConnection(said.unwrap_or_else(|| error.to_string()))
}
