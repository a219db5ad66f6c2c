//! Opens connections and keeps the pool free of broken ones, without a check query per checkout.
//!
//! We drive each connection ourselves instead of leaving it to diesel-async: the task that does so knows when the
//! connection ends, and tells the pool.

mod dial;
mod frames;
mod patient;
pub(crate) mod url;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use diesel::ConnectionError;
use diesel_async::AsyncPgConnection;

use self::dial::dial;
use self::url::Target;
use crate::DbError;

/// How long a statement may run: longer than any of ours needs, shorter than the gateway's patience of 30 s.
const STATEMENT_TIMEOUT_MS: u32 = 20_000;
/// How long a statement waits for a lock. It is also how long a repeated request waits for the first one with its
/// idempotency key (contract: 5 s).
const LOCK_TIMEOUT_MS: u32 = 5_000;
/// How long a transaction may sit idle before PostgreSQL ends it and frees its locks.
const IDLE_IN_TRANSACTION_TIMEOUT_MS: u32 = 20_000;
/// How long the server may be silent when it was asked something: longer than it lets a statement run.
const PATIENCE: Duration = Duration::from_secs(25);

/// A connection that knows whether it still lives.
pub struct Pooled {
    conn: AsyncPgConnection,
    ended: Arc<AtomicBool>,
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
    target: Target,
}

impl Opener {
    pub(crate) fn new(url: &str, application: &str) -> Result<Self, DbError> {
        let mut target = url::read(url)?;
        // The last word about a setting counts, and it is ours.
        let theirs = target.config.get_options().unwrap_or_default().to_owned();
        target.config.application_name(application).options(format!(
            "{theirs} -c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS} \
             -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS}"
        ));
        Ok(Self { target })
    }
}

impl managed::Manager for Opener {
    type Type = Pooled;
    type Error = ConnectionError;

    async fn create(&self) -> Result<Pooled, ConnectionError> {
        let session = dial(&self.target, Some(PATIENCE)).await?;
        Ok(Pooled { conn: AsyncPgConnection::try_from(session.client).await?, ended: session.ended })
    }

    async fn recycle(&self, pooled: &mut Pooled, _: &Metrics) -> RecycleResult<ConnectionError> {
        if pooled.ended.load(Ordering::Acquire) { Err(RecycleError::message("the connection ended")) } else { Ok(()) }
    }
}

/// A connection outside the pool, for what may take long: no limit but the server's own.
pub(crate) async fn connect(url: &str) -> Result<AsyncPgConnection, DbError> {
    let target = url::read(url)?;
    let connected = async { AsyncPgConnection::try_from(dial(&target, None).await?.client).await };
    connected.await.map_err(|error: ConnectionError| DbError::Unavailable(error.to_string()))
}
