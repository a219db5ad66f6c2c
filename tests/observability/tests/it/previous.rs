//! The previous release: its schema, file by file, and the statements with which its programs work.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use diesel::sql_types::{BigInt, Jsonb, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl as _};
use diesel_migrations::{FileBasedMigrations, MigrationHarness as _};
use domain::{Clock as _, SystemClock};
use sha2::{Digest as _, Sha256};

use crate::source::root;

/// A schema change that was released: its folder, and the digest of its `up.sql`.
pub(crate) type Released = (&'static str, &'static str);

const SHARED: [Released; 2] = [
    (
        "crates/storage/migrations/2026-11-21-000001_idempotency_keys",
        "08203047b58466c88d7d866f4e7a37ecf4eb2d5bdd2eb6f2dfb43e0881cdc6e0",
    ),
    (
        "crates/messaging/migrations/2026-11-21-000002_event_log",
        "f96a9b55aaaf6385c282c1b225f4e3173c6c2d2e760bf8e3b16099ad0047a97e",
    ),
];

pub(crate) const LOAN: Released = (
    "services/loan-support/migrations/2026-11-21-000010_tickets",
    "4a7ee9e2a7f84a52f7b7351a67c7c8ceb77b3ebd6bf9957115c3bf7accbc741f",
);

pub(crate) const DESK: Released = (
    "services/desk/migrations/2026-11-21-000020_tickets",
    "bc95f23b91c950f42472d63d40eb2feb7f25b6572cb1236277a378514065d6a9",
);

/// Every released schema change.
pub(crate) fn released() -> [Released; 4] {
    [SHARED[0], SHARED[1], LOAN, DESK]
}

#[test]
fn what_was_released_stays_as_it_was() {
    for (folder, wanted) in released() {
        let text = fs::read(root().join(folder).join("up.sql")).unwrap();
        let digest = Sha256::digest(&text).iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        assert_eq!(digest, wanted, "{folder}: databases have it as it was; make a new change instead");
    }
}

/// Brings an empty database to the schema that a service of the previous release had.
pub(crate) async fn migrate(mut conn: AsyncPgConnection, own: Released) -> AsyncPgConnection {
    let folder = tempfile::tempdir().unwrap();
    for (path, _) in [SHARED[0], SHARED[1], own] {
        copy(&root().join(path), &folder.path().join(Path::new(path).file_name().unwrap()));
    }
    let work = move || {
        let migrations = FileBasedMigrations::from_path(folder.path()).unwrap();
        let mut harness = AsyncMigrationHarness::new(conn);
        assert_eq!(harness.run_pending_migrations(migrations).unwrap().len(), 3);
        conn = harness.into_inner();
        conn
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

fn copy(from: &Path, to: &PathBuf) {
    fs::create_dir(to).unwrap();
    for file in ["up.sql", "down.sql"] {
        fs::copy(from.join(file), to.join(file)).unwrap();
    }
}

/// A loan ticket and its event in one statement, as `Together` wrote it.
const OPEN: &str = "WITH part_0 AS (INSERT INTO ticket_events (stream, version, event_id, kind, data, traceparent, \
    occurred_at) VALUES ($1, $2, $3, $4, $5, $6, $7)) INSERT INTO \"tickets\" (\"ticket_key\", \"version\", \
    \"user_id\", \"subject\", \"description\", \"category_id\", \"status\", \"line_status\", \"priority\", \
    \"line_priority\", \"assigned_agent\", \"attachments\", \"created_at\", \"updated_at\", \"closed_at\", \
    \"resolution\") VALUES ($8, 1, $9, 'before', 'before', 'category_001', 'new', 'Open', 'high', 'High', NULL, '{}', \
    $10, $11, NULL, NULL)";

const LIST: &str = "SELECT ticket_key, subject, line_status, line_priority, created_at, updated_at, \
    (SELECT count(*) FROM tickets WHERE user_id = $1 AND ($2 IS NULL OR line_status = $2) \
    AND ($3 IS NULL OR line_priority = $3)) AS total \
    FROM tickets WHERE user_id = $1 AND ($2 IS NULL OR line_status = $2) \
    AND ($3 IS NULL OR line_priority = $3) \
    ORDER BY created_at DESC, ticket_key DESC LIMIT $4 OFFSET $5";

const UNPUBLISHED: &str = "SELECT \"ticket_events\".\"stream\", \"ticket_events\".\"version\", \
    \"ticket_events\".\"event_id\", \"ticket_events\".\"kind\", \"ticket_events\".\"data\", \
    \"ticket_events\".\"traceparent\", \"ticket_events\".\"occurred_at\" FROM \"ticket_events\" \
    WHERE (\"ticket_events\".\"published_at\" IS NULL) ORDER BY \"ticket_events\".\"event_id\" LIMIT $1";

const MARK: &str = "UPDATE ticket_events SET published_at = clock_timestamp() FROM unnest($1, $2) AS done (stream, \
    version) WHERE ticket_events.stream = done.stream AND ticket_events.version = done.version \
    AND published_at IS NULL";

/// The event's data as the previous release wrote it.
fn opened(key: uuid::Uuid, user: &str) -> serde_json::Value {
    serde_json::json!({"line": "loan", "ticketKey": key, "ticketId": format!("ticket_{}", key.simple()), "version": 1,
        "actor": {"id": user, "role": "customer"}, "status": "new", "lineStatus": "Open", "priority": "high",
        "requester": user, "category": "category_001"})
}

#[derive(diesel::QueryableByName)]
struct Stored {
    #[diesel(sql_type = Text)]
    stream: String,
    #[diesel(sql_type = BigInt)]
    version: i64,
}

#[derive(diesel::QueryableByName)]
struct Total {
    #[diesel(sql_type = BigInt)]
    total: i64,
}

/// One round of a loan line of the previous release: open a ticket, list, relay. The statements are prepared once per
/// connection, as they were, so a change that invalidates a plan's result fails here, too.
pub(crate) async fn loan_round(conn: &mut AsyncPgConnection, user: &str) -> diesel::QueryResult<i64> {
    use diesel::sql_types::{Array, Nullable};
    let (key, event, now) = (SystemClock.new_id(), SystemClock.new_id(), SystemClock.now());
    let written = storage::sql(OPEN)
        .bind::<Text, _>(key.to_string())
        .bind::<BigInt, _>(1)
        .bind::<SqlUuid, _>(event)
        .bind::<Text, _>("ticket.opened")
        .bind::<Jsonb, _>(opened(key, user))
        .bind::<Text, _>("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .bind::<Timestamptz, _>(now)
        .bind::<SqlUuid, _>(key)
        .bind::<Text, _>(user)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now)
        .execute(conn)
        .await?;
    assert_eq!(written, 1);
    let listed: Vec<Total> = storage::sql(LIST)
        .bind::<Text, _>(user)
        .bind::<Nullable<Text>, _>(None::<String>)
        .bind::<Nullable<Text>, _>(None::<String>)
        .bind::<BigInt, _>(20)
        .bind::<BigInt, _>(0)
        .load(conn)
        .await?;
    let waiting: Vec<Stored> = storage::sql(UNPUBLISHED).bind::<BigInt, _>(500).load(conn).await?;
    let (streams, versions): (Vec<String>, Vec<i64>) =
        waiting.into_iter().map(|stored| (stored.stream, stored.version)).unzip();
    let marked = storage::sql(MARK)
        .bind::<Array<Text>, _>(streams.clone())
        .bind::<Array<BigInt>, _>(versions)
        .execute(conn)
        .await?;
    assert_eq!(marked, streams.len());
    Ok(listed[0].total)
}

const PROJECT: &str = "INSERT INTO tickets (ticket_key, line, ticket_id, version, status, line_status, priority, \
    requester, assignee, category, source, created_at, updated_at) \
    VALUES ($1, 'loan', $2, 1, 'new', 'Open', 'high', $3, NULL, 'category_001', '/crossdesk/loan-support', $4, $5) \
    ON CONFLICT (ticket_key) DO NOTHING";

const GATE: &str = "INSERT INTO applied_streams (stream, version) SELECT stream, 0 FROM unnest($1) AS asked (stream) \
    ON CONFLICT (stream) DO UPDATE SET version = applied_streams.version RETURNING stream, version";

/// As the previous desk: every column there is, into the fields it knows.
const SHOW: &str = "SELECT * FROM tickets WHERE true AND line = ANY($1) AND requester = $2 \
    ORDER BY updated_at DESC, ticket_key DESC LIMIT $3";

/// One round of a desk of the previous release: the gate, a row of the read model, the list.
pub(crate) async fn desk_round(conn: &mut AsyncPgConnection, user: &str) -> diesel::QueryResult<i64> {
    use diesel::sql_types::Array;
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = SqlUuid)]
        ticket_key: uuid::Uuid,
    }
    let (key, now) = (SystemClock.new_id(), SystemClock.now());
    let gated: Vec<Stored> = storage::sql(GATE).bind::<Array<Text>, _>(vec![key.to_string()]).load(conn).await?;
    assert_eq!((gated[0].stream.as_str(), gated[0].version), (key.to_string().as_str(), 0));
    storage::sql(PROJECT)
        .bind::<SqlUuid, _>(key)
        .bind::<Text, _>(format!("ticket_{}", key.simple()))
        .bind::<Text, _>(user)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now)
        .execute(conn)
        .await?;
    let shown: Vec<Row> = storage::sql(SHOW)
        .bind::<Array<Text>, _>(vec!["loan"])
        .bind::<Text, _>(user)
        .bind::<BigInt, _>(1_000_000)
        .load(conn)
        .await?;
    assert!(shown.iter().any(|row| row.ticket_key == key));
    Ok(i64::try_from(shown.len()).unwrap())
}
