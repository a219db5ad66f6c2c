//! A database per test, copied from a template that is migrated once per schema.

use chassis::Service;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use diesel_migrations::EmbeddedMigrations;
use storage::migrate;

/// The lock that test processes take turns on while they make a template.
const TEMPLATE_LOCK: i64 = 0x7465_6d70_6c61_7465;

/// A database that is dropped with this value.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    name: String,
}

impl TestDatabase {
    /// A fresh database with the schema of a service.
    pub async fn for_service<S: Service>() -> Self {
        Self::with(S::NAME, chassis::migrations::<S>()).await
    }

    /// A fresh database with this schema. `schema` names it: the same name is the same schema.
    pub async fn with(schema: &str, migrations: Vec<EmbeddedMigrations>) -> Self {
        let template = format!("template_{}", schema.replace('-', "_"));
        let mut server = AsyncPgConnection::establish(&server_url()).await.expect("TEST_DATABASE_URL answers");
        let lock = format!("SET client_min_messages = warning; SELECT pg_advisory_lock({TEMPLATE_LOCK})");
        server.batch_execute(&lock).await.expect("the template lock");
        migrate::ensure_database(&server_url(), &template).await.expect("a template");
        // Also when it is there: a change of the schema is a new migration.
        migrate::run(&url_of(&template), migrations).await.expect("a migrated template");
        let name = format!("test_{}", domain::Clock::new_id(&domain::SystemClock).simple());
        let copy = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy");
        // The template's own connections need a moment to be gone.
        crate::eventually("a copy of the template", async || server.batch_execute(&copy).await.ok()).await;
        Self { url: url_of(&name), name }
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The number of rows that a query counts.
    pub async fn count(&self, query: &'static str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Counted {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            count: i64,
        }
        let mut conn = AsyncPgConnection::establish(&self.url).await.expect("the test's database");
        let counted: Counted = storage::sql(query).get_result(&mut conn).await.expect("a count");
        counted.count
    }

    /// Runs statements, to bring about what no API can.
    pub async fn run(&self, statements: &str) {
        let mut conn = AsyncPgConnection::establish(&self.url).await.expect("the test's database");
        conn.batch_execute(statements).await.expect("the statements");
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let name = self.name.clone();
        // On a thread of its own: dropping happens inside the test's runtime, which must not block.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async move {
                if let Ok(mut server) = AsyncPgConnection::establish(&server_url()).await {
                    let _ = server.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
                }
            });
        });
        let _ = dropping.join();
    }
}

#[expect(clippy::disallowed_methods, reason = "the one setting of tests, given by `make test`")]
fn server_url() -> String {
    std::env::var("TEST_DATABASE_URL")
        .expect("TEST_DATABASE_URL is not set: run the tests with `make test`, or see the README of testkit")
}

fn url_of(database: &str) -> String {
    let server = server_url();
    let (base, _) = server.rsplit_once('/').expect("TEST_DATABASE_URL names a database");
    format!("{base}/{database}")
}
