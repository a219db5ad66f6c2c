//! Recomputes the chain and holds it against the event log. Reads one state of the database; changes nothing.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection as _};
use storage::{Db, DbError};

use super::chain::{Entry, GENESIS, Hash, Logged};
use super::findings::{Finding, Head, Report};

/// Rows read at once.
const PAGE: i64 = 1_000;
/// Findings kept: one altered row may make thousands, and nobody reads those.
const MAX_FINDINGS: usize = 100;

/// A row of the log.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    position: i64,
    #[diesel(embed)]
    entry: Entry,
    #[diesel(sql_type = Binary)]
    previous_hash: Vec<u8>,
    #[diesel(sql_type = Binary)]
    hash: Vec<u8>,
}

#[derive(QueryableByName)]
struct At {
    #[diesel(sql_type = Text)]
    stream: String,
    #[diesel(sql_type = BigInt)]
    version: i64,
}

/// Checks the whole log. `noted` is a head that was written down earlier, outside the database.
pub async fn verify(db: &Db, noted: Option<Head>) -> Result<Report, DbError> {
    let mut conn = db.conn().await?;
    // One state for all pages: the log grows meanwhile.
    conn.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let report = check(&mut conn, noted).await;
    let ended = conn.batch_execute("ROLLBACK").await;
    let report = report?;
    ended?;
    Ok(report)
}

async fn check(conn: &mut AsyncPgConnection, noted: Option<Head>) -> Result<Report, DbError> {
    let mut walk = Walk::new(noted);
    loop {
        let rows = page(conn, walk.end.position).await?;
        let events = logged(conn, &rows).await?;
        let is_last = rows.len() < PAGE as usize;
        for row in rows {
            let event = events.get(&(row.entry.stream.clone(), row.entry.version));
            walk.step(row, event);
        }
        if is_last {
            break;
        }
    }
    for At { stream, version } in rowless(conn).await? {
        walk.found(Finding::RowMissing { stream, version });
    }
    let head = head(conn).await?;
    if head != Some(walk.end) {
        let head = head.unwrap_or(Head { position: 0, hash: GENESIS });
        walk.found(Finding::Head { last: walk.end.position, head });
    }
    if let Some(noted) = walk.noted {
        walk.found(Finding::Rewritten { noted });
    }
    let waiting = count_waiting(conn).await?;
    Ok(Report { rows: walk.rows, waiting, head: walk.end, findings: walk.findings })
}

/// A walk along the chain.
struct Walk {
    rows: i64,
    end: Head,
    /// The latest version of each stream so far.
    versions: HashMap<String, i64>,
    /// What was noted and has not been met yet.
    noted: Option<Head>,
    findings: Vec<Finding>,
}

impl Walk {
    fn new(noted: Option<Head>) -> Self {
        let end = Head { position: 0, hash: GENESIS };
        Self {
            rows: 0,
            end,
            versions: HashMap::new(),
            noted: noted.filter(|noted| *noted != end),
            findings: Vec::new(),
        }
    }

    fn found(&mut self, finding: Finding) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        }
    }

    fn step(&mut self, row: Row, event: Option<&Entry>) {
        let Row { position, entry, previous_hash, hash } = row;
        self.rows += 1;
        if position != self.end.position + 1 {
            self.found(Finding::Gap { expected: self.end.position + 1, found: position });
        }
        let previous = Hash::read(&previous_hash);
        if previous != Some(self.end.hash) {
            self.found(Finding::Unchained { position });
        }
        let computed = entry.hash(&previous.unwrap_or(GENESIS));
        let stored = Hash::read(&hash);
        if stored != Some(computed) {
            self.found(Finding::Altered { position });
        }
        let (stream, version) = (entry.stream.clone(), entry.version);
        let latest = self.versions.entry(stream.clone()).or_insert(0);
        if version <= *latest {
            self.found(Finding::OutOfOrder { position, stream: stream.clone(), version });
        } else {
            *latest = version;
        }
        match event {
            Some(event) if *event == entry => {}
            Some(_) => self.found(Finding::EventAltered { position, stream, version }),
            None => self.found(Finding::EventMissing { position, stream, version }),
        }
        // By the stored hash, so that one altered row is one finding and not a finding for each row after it.
        self.end = Head { position, hash: stored.unwrap_or(computed) };
        if self.noted == Some(self.end) {
            self.noted = None;
        }
    }
}

async fn page(conn: &mut AsyncPgConnection, after: i64) -> QueryResult<Vec<Row>> {
    storage::sql(
        "SELECT position, stream, version, event_id, kind, actor_id, actor_role, occurred_at, data_digest, \
         previous_hash, hash FROM audit_log WHERE position > $1 ORDER BY position LIMIT $2",
    )
    .bind::<BigInt, _>(after)
    .bind::<BigInt, _>(PAGE)
    .load(conn)
    .await
}

/// What the event log tells of these rows' events.
async fn logged(conn: &mut AsyncPgConnection, rows: &[Row]) -> QueryResult<HashMap<(String, i64), Entry>> {
    let (streams, versions): (Vec<&str>, Vec<i64>) =
        rows.iter().map(|row| (row.entry.stream.as_str(), row.entry.version)).unzip();
    let events: Vec<Logged> = storage::sql(
        "SELECT event.stream, event.version, event_id, kind, occurred_at, data FROM ticket_events AS event \
         JOIN unnest($1, $2) AS wanted (stream, version) \
         ON event.stream = wanted.stream AND event.version = wanted.version",
    )
    .bind::<Array<Text>, _>(streams)
    .bind::<Array<BigInt>, _>(versions)
    .load(conn)
    .await?;
    let entries = events.into_iter().map(Entry::from);
    Ok(entries.map(|entry| ((entry.stream.clone(), entry.version), entry)).collect())
}

/// Events that were audited and have no row.
async fn rowless(conn: &mut AsyncPgConnection) -> QueryResult<Vec<At>> {
    storage::sql(
        "SELECT stream, version FROM ticket_events AS event WHERE audited AND NOT EXISTS \
         (SELECT FROM audit_log WHERE stream = event.stream AND version = event.version) \
         ORDER BY stream, version LIMIT $1",
    )
    .bind::<BigInt, _>(MAX_FINDINGS as i64)
    .load(conn)
    .await
}

async fn head(conn: &mut AsyncPgConnection) -> QueryResult<Option<Head>> {
    #[derive(QueryableByName)]
    struct HeadRow {
        #[diesel(sql_type = BigInt)]
        position: i64,
        #[diesel(sql_type = Binary)]
        hash: Vec<u8>,
    }
    let row: Option<HeadRow> =
        storage::sql("SELECT position, hash FROM audit_head").get_result(conn).await.optional()?;
    Ok(row.and_then(|row| Some(Head { position: row.position, hash: Hash::read(&row.hash)? })))
}

async fn count_waiting(conn: &mut AsyncPgConnection) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Counted {
        #[diesel(sql_type = BigInt)]
        waiting: i64,
    }
    let counted: Counted = storage::sql(
        "SELECT count(*) AS waiting FROM ticket_events \
         WHERE NOT audited AND (data #>> '{actor,role}') IN ('agent', 'admin')",
    )
    .get_result(conn)
    .await?;
    Ok(counted.waiting)
}
