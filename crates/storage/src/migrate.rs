//! Schema changes. They run before a service serves, from a connection of their own; replicas take turns.

use diesel_async::{AsyncMigrationHarness, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::DbError;
use crate::pool::connect;

/// The tables this crate needs in every service's database.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// The lock that replicas take turns on while they migrate: "crossdes" as a number.
const LOCK: i64 = 0x6372_6f73_7364_6573;

/// A schema change that failed, or a database that lacks one.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// No connection.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A change failed; those before it are in place.
    #[error("a schema change failed: {0}")]
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl From<diesel::result::Error> for MigrateError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Brings the database at `url` up to date and says how many changes that took.
pub async fn run(url: &str, sources: Vec<EmbeddedMigrations>) -> Result<usize, MigrateError> {
    let mut conn = connect(url).await?;
    conn.batch_execute(&format!("SET client_min_messages = warning; SELECT pg_advisory_lock({LOCK})")).await?;
    blocking(move || {
        let mut harness = AsyncMigrationHarness::new(conn);
        let mut applied = 0;
        for source in sources {
            applied += harness.run_pending_migrations(source).map_err(MigrateError::Failed)?.len();
        }
        Ok(applied)
    })
    .await
}

/// Whether the database at `url` lacks a change.
pub async fn is_pending(url: &str, sources: Vec<EmbeddedMigrations>) -> Result<bool, MigrateError> {
    let conn = connect(url).await?;
    blocking(move || {
        let mut harness = AsyncMigrationHarness::new(conn);
        for source in sources {
            if harness.has_pending_migration(source).map_err(MigrateError::Failed)? {
                return Ok(true);
            }
        }
        Ok(false)
    })
    .await
}

/// The harness blocks its thread. On the thread of a runtime it would also swallow the wake-ups of whatever else runs
/// there, so it gets a thread of its own.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, MigrateError> + Send + 'static,
) -> Result<T, MigrateError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| MigrateError::Failed(Box::new(error)))?
}

/// Whether a server answers at `url`.
pub async fn is_reachable(url: &str) -> bool {
    connect(url).await.is_ok()
}

/// Whether the server that `maintenance_url` points to has the database `name`.
pub async fn exists(maintenance_url: &str, name: &str) -> Result<bool, MigrateError> {
    use diesel::sql_types::Text;
    let mut conn = connect(maintenance_url).await?;
    let there = crate::sql("SELECT 1 FROM pg_database WHERE datname = $1").bind::<Text, _>(name);
    Ok(there.execute(&mut conn).await? > 0)
}

/// Makes the database `name` on the server that `maintenance_url` points to, unless it is there.
pub async fn ensure_database(maintenance_url: &str, name: &str) -> Result<(), MigrateError> {
    if !exists(maintenance_url, name).await? {
        let mut conn = connect(maintenance_url).await?;
        conn.batch_execute(&format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\""))).await?;
    }
    Ok(())
}
