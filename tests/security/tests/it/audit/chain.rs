//! How the chain grows: every event once, whoever appends, in an order that is right for each stream.

use std::fmt::Write as _;

use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use futures_util::future::join_all;
use messaging::audit::{self, Finding};
use storage::Db;
use testkit::TestDatabase;

use super::{open, try_run};

/// A database with the tables of the shared crates.
pub(super) async fn database() -> TestDatabase {
    TestDatabase::with("security-audit", vec![storage::migrate::MIGRATIONS, messaging::MIGRATIONS]).await
}

/// The statement that logs an event.
pub(super) fn event(stream: &str, version: i64, role: &str, at: &str) -> String {
    format!(
        "INSERT INTO ticket_events (stream, version, event_id, kind, data, traceparent, occurred_at) VALUES \
         ('{stream}', {version}, gen_random_uuid(), 'ticket.updated', jsonb_build_object('actor', \
         jsonb_build_object('id', '{role}_1', 'role', '{role}'), 'version', {version}, 'fields', '[\"subject\"]'::jsonb), \
         'trace', '{at}');"
    )
}

/// Logs so many events of agents, in two streams, and as many of customers.
pub(super) async fn events(database: &TestDatabase, count: i64) {
    let mut statements = String::new();
    for number in 1..=count {
        let at = format!("2026-03-11T10:00:{:02}Z", number % 60);
        let stream = if number % 2 == 0 { "b" } else { "a" };
        let _ = write!(statements, "{}{}", event(stream, number, "agent", &at), event("c", number, "customer", &at));
    }
    database.run(&statements).await;
}

/// Appends until nothing is left.
pub(super) async fn append_all(db: &Db) {
    while audit::append(db, 3).await.unwrap().is_some() {}
}

/// What a check finds.
pub(super) async fn findings(database: &TestDatabase) -> Vec<Finding> {
    audit::verify(&open(database), None).await.unwrap().findings
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_log_is_whole() {
    let database = database().await;
    let report = audit::verify(&open(&database), None).await.unwrap();
    assert_eq!((report.rows, report.waiting, report.head.position, report.findings), (0, 0, 0, Vec::new()));
    assert_eq!(audit::append(&open(&database), 10).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_counted_and_appended_in_batches() {
    let database = database().await;
    let db = open(&database);
    events(&database, 7).await;
    assert_eq!(audit::verify(&db, None).await.unwrap().waiting, 7);
    let first = audit::append(&db, 3).await.unwrap().unwrap();
    assert_eq!(first.position, 3);
    append_all(&db).await;
    let report = audit::verify(&db, Some(first)).await.unwrap();
    assert_eq!((report.rows, report.waiting, report.head.position, report.findings), (7, 0, 7, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_append_at_once_make_one_chain_and_no_event_twice() {
    let database = database().await;
    events(&database, 59).await;
    let pools: Vec<Db> = (0..4).map(|_| open(&database)).collect();
    let appending = pools.iter().flat_map(|db| {
        (0..3).map(move |_| async move {
            for _ in 0..40 {
                audit::append(db, 2).await.unwrap();
            }
        })
    });
    join_all(appending).await;
    append_all(&pools[0]).await;
    let report = audit::verify(&pools[0], None).await.unwrap();
    assert_eq!((report.rows, report.waiting, report.findings), (59, 0, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_late_is_audited_late_and_not_forgotten() {
    let database = database().await;
    let db = open(&database);
    // An early id and time, and still no commit.
    let mut late = AsyncPgConnection::establish(database.url()).await.unwrap();
    let early = event("early", 1, "agent", "2020-01-01T00:00:00Z");
    late.batch_execute(&format!("BEGIN; {early}")).await.unwrap();
    events(&database, 4).await;
    append_all(&db).await;
    assert_eq!(audit::verify(&db, None).await.unwrap().rows, 4);
    late.batch_execute("COMMIT").await.unwrap();
    append_all(&db).await;
    let report = audit::verify(&db, None).await.unwrap();
    assert_eq!((report.rows, report.waiting, report.findings), (5, 0, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_in_the_order_of_time_but_never_against_the_versions_of_a_stream() {
    let database = database().await;
    let db = open(&database);
    // The clock of the process that wrote version 2 is behind.
    let statements = [
        event("z", 1, "agent", "2026-03-11T10:00:05Z"),
        event("z", 2, "admin", "2026-03-11T10:00:01Z"),
        event("z", 3, "agent", "2026-03-11T10:00:09Z"),
        event("a", 1, "agent", "2026-03-11T10:00:07Z"),
        event("m", 1, "agent", "2026-03-11T10:00:03Z"),
    ];
    database.run(&statements.concat()).await;
    append_all(&db).await;
    let order = "SELECT count(*) FROM (SELECT string_agg(stream || version, ' ' ORDER BY position) AS rows \
                 FROM audit_log) AS log WHERE rows = 'm1 z1 z2 a1 z3'";
    // Three at once: the first batch is a1, m1, z1 by stream, and by time among them.
    let batched = "SELECT count(*) FROM (SELECT string_agg(stream || version, ' ' ORDER BY position) AS rows \
                   FROM audit_log) AS log WHERE rows = 'm1 z1 a1 z2 z3'";
    assert_eq!(database.count(batched).await, 1);
    let other = self::database().await;
    other.run(&statements.concat()).await;
    audit::append(&open(&other), 100).await.unwrap();
    assert_eq!(other.count(order).await, 1);
    assert_eq!(findings(&other).await, Vec::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_s_marks_change_nothing() {
    let database = database().await;
    events(&database, 4).await;
    append_all(&open(&database)).await;
    try_run(&database, "UPDATE ticket_events SET published_at = now()").await.unwrap();
    assert_eq!(findings(&database).await, Vec::new());
}
