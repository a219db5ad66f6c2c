//! Against a real PostgreSQL.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod faults;
mod hosts;
mod server;
mod tls;

use std::sync::Arc;

use domain::SystemClock;
use storage::{Db, DbError};
use testkit::TestDatabase;

/// A database with this crate's tables.
async fn database() -> TestDatabase {
    TestDatabase::with("storage", vec![storage::migrate::MIGRATIONS]).await
}

fn db(url: &str) -> Result<Db, DbError> {
    Db::new(url, "test", 2, Arc::new(SystemClock), Arc::default())
}

/// Where the server of the tests is.
fn host_and_port(url: &str) -> (String, u16) {
    let config: tokio_postgres::Config = url.parse().unwrap();
    let host = match &config.get_hosts()[0] {
        tokio_postgres::config::Host::Tcp(name) => name.clone(),
        tokio_postgres::config::Host::Unix(folder) => folder.display().to_string(),
    };
    (host, config.get_ports().first().copied().unwrap_or(5432))
}
