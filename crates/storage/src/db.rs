//! A service's database as one runtime sees it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use deadpool::managed::{Object, Pool};
use domain::Clock;
use metrics::histogram;
use tokio::sync::Notify;

use crate::pool::Opener;
use crate::{DbError, Tx};

/// How long a request waits for a free connection before it is refused as unavailable.
const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(5);

/// The name `telemetry` documents; this crate stands beside it and cannot use it.
const POOL_WAIT: &str = "crossdesk_db_pool_wait_seconds";

/// A connection on loan from the pool.
pub type Conn = Object<Opener>;

/// A pool of connections, opened when first needed by the runtime that needs them.
#[derive(Debug, Clone)]
pub struct Db {
    pool: Pool<Opener>,
    clock: Arc<dyn Clock>,
    saved: Arc<Notify>,
    service: &'static str,
}

impl Db {
    /// A pool of at most `size` connections to `url`. `application` names them in `pg_stat_activity`; `saved` is
    /// notified after each commit that wrote something, which wakes the relay.
    pub fn new(
        url: &str,
        application: &'static str,
        size: usize,
        clock: Arc<dyn Clock>,
        saved: Arc<Notify>,
    ) -> Result<Self, DbError> {
        let pool = Pool::builder(Opener::new(url, application)?)
            .max_size(size)
            .runtime(deadpool::Runtime::Tokio1)
            .wait_timeout(Some(CHECKOUT_TIMEOUT))
            .create_timeout(Some(CHECKOUT_TIMEOUT))
            .build()
            .map_err(|error| DbError::Unavailable(error.to_string()))?;
        Ok(Self { pool, clock, saved, service: application })
    }

    /// A connection, for work that needs no transaction.
    pub async fn conn(&self) -> Result<Conn, DbError> {
        let began = Instant::now();
        let conn = self.pool.get().await.map_err(|error| DbError::Unavailable(error.to_string()));
        histogram!(POOL_WAIT, "service" => self.service).record(began.elapsed().as_secs_f64());
        conn
    }

    /// Runs `work` as one unit: all of it is saved, or nothing.
    pub async fn write<T, E>(&self, work: impl AsyncFnOnce(&mut Tx) -> Result<T, E>) -> Result<T, E>
    where
        E: From<DbError>,
    {
        let mut tx = self.begin();
        match work(&mut tx).await {
            Ok(value) => {
                tx.finish().await?;
                Ok(value)
            }
            // A refusal is no reason to close the connection.
            Err(error) => {
                tx.abandon().await;
                Err(error)
            }
        }
    }

    /// A unit of work that the caller finishes; dropped without that, nothing is saved.
    #[must_use]
    pub fn begin(&self) -> Tx {
        Tx::new(self.clone())
    }

    /// Whether the database answers.
    pub async fn is_ready(&self) -> bool {
        use diesel_async::SimpleAsyncConnection;
        match self.conn().await {
            Ok(mut conn) => conn.batch_execute("SELECT 1").await.is_ok(),
            Err(_) => false,
        }
    }

    /// The service it belongs to, for metrics and traces.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.service
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Time and ids.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    pub(crate) fn tell_saved(&self) {
        self.saved.notify_one();
    }
}
