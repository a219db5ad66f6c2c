//! The version gate: of each stream, exactly the next version takes effect, in one transaction with the record of it.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{Envelope, Stream};
use metrics::{counter, histogram};
use storage::{Db, DbError};
use telemetry::Span;

use super::{Apply, ApplyError};
use crate::schema::applied_streams;
use crate::spans;

/// What to do with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It took effect before.
    Duplicate,
    /// It is the next one.
    Next,
    /// Others must come first.
    Gap,
}

/// Compares an event's version with the last one that took effect (0: none).
#[must_use]
pub fn judge(last: i64, version: i64) -> Verdict {
    match version {
        v if v <= last => Verdict::Duplicate,
        #[cfg(feature = "bug-any-newer")]
        _ if storage::bugs::is_active("any-newer") => Verdict::Next,
        v if v == last + 1 => Verdict::Next,
        _ => Verdict::Gap,
    }
}

/// Applies events in the order given, in one transaction. Returns the positions of those that are behind a gap and did
/// nothing. An error means that none of them took effect.
pub async fn apply_all(
    db: &Db,
    consumer: &'static str,
    effect: &dyn Apply,
    events: &[Envelope],
) -> Result<Vec<usize>, ApplyError> {
    let mut tx = db.begin();
    let conn = tx.conn().await?;
    let before = lock(conn, events).await?;
    let mut last = before.clone();
    let (mut duplicates, mut behind, mut next) = (0, Vec::new(), Vec::new());
    for (index, event) in events.iter().enumerate() {
        let stream = event.partitionkey.as_str();
        match judge(last.get(stream).copied().unwrap_or(0), event.data.version) {
            Verdict::Duplicate => duplicates += 1,
            Verdict::Gap => behind.push(index),
            Verdict::Next => {
                last.insert(stream.to_owned(), event.data.version);
                next.push(event);
            }
        }
    }
    // A batch has as many traces as events, so its effect runs in none of them; one event's effect runs in its own.
    let processing = |event: &&Envelope| spans::processing(db.service(), consumer, Some(&event.traceparent));
    let spans: Vec<_> = next.iter().map(processing).collect();
    if let Err(error) = take_effect(effect, conn, &next, &spans).await {
        tx.abandon().await;
        if events.len() > 1 && matches!(error, ApplyError::Unfit(_)) {
            // One of them is unfit, and they come again by halves: only the spans of the last ones tell which one failed.
            spans.into_iter().for_each(Span::discard);
        }
        return Err(error);
    }
    last.retain(|stream, version| before.get(stream) != Some(version));
    #[cfg(feature = "bug-two-transactions")]
    if storage::bugs::is_active("two-transactions") {
        storage::bugs::commit_and_begin(conn).await?;
    }
    record(conn, &last).await?;
    fail::fail_point!("consume.before_commit", |_| Err(DbError::Broken("crash point".to_owned()).into()));
    tx.finish().await?;
    // Only now: a batch that comes again must not look like work that gets done.
    counter!(telemetry::names::EVENTS_DUPLICATE_TOTAL, "service" => db.service(), "consumer" => consumer)
        .increment(duplicates);
    let now = db.now();
    for (event, mut span) in next.into_iter().zip(spans) {
        span.succeed();
        let service = db.service();
        counter!(telemetry::names::EVENTS_APPLIED_TOTAL, "service" => service, "consumer" => consumer).increment(1);
        let delay = (now - event.time).num_microseconds().unwrap_or(i64::MAX) as f64 / 1e6;
        histogram!(telemetry::names::EVENT_DELAY_SECONDS, "service" => service, "consumer" => consumer)
            .record(delay.max(0.0));
    }
    Ok(behind)
}

async fn take_effect(
    effect: &dyn Apply,
    conn: &mut AsyncPgConnection,
    events: &[&Envelope],
    spans: &[Span],
) -> Result<(), ApplyError> {
    match spans {
        [] => Ok(()),
        [span] => telemetry::in_trace(span.context(), effect.apply(conn, events)).await,
        _ => effect.apply(conn, events).await,
    }
}

/// The last version of a stream that took effect.
pub async fn last_applied(db: &Db, stream: &Stream) -> Result<i64, DbError> {
    let mut conn = db.conn().await?;
    let last = applied_streams::table
        .find(stream.as_str())
        .select(applied_streams::version)
        .first(&mut **conn)
        .await
        .optional()?;
    Ok(last.unwrap_or(0))
}

/// Locks the streams' rows, making those that are missing, so that two readers of one stream take turns.
async fn lock(conn: &mut AsyncPgConnection, events: &[Envelope]) -> Result<BTreeMap<String, i64>, DbError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        stream: String,
        #[diesel(sql_type = BigInt)]
        version: i64,
    }
    let mut streams: Vec<&str> = events.iter().map(|event| event.partitionkey.as_str()).collect();
    // In one order everywhere, so that two readers cannot wait for each other.
    streams.sort_unstable();
    streams.dedup();
    let rows: Vec<Row> = storage::sql(
        "INSERT INTO applied_streams (stream, version) SELECT stream, 0 FROM unnest($1) AS asked (stream) \
         ON CONFLICT (stream) DO UPDATE SET version = applied_streams.version RETURNING stream, version",
    )
    .bind::<Array<Text>, _>(streams)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.stream, row.version)).collect())
}

async fn record(conn: &mut AsyncPgConnection, last: &BTreeMap<String, i64>) -> Result<(), DbError> {
    if last.is_empty() {
        return Ok(());
    }
    let (streams, versions): (Vec<&str>, Vec<i64>) =
        last.iter().map(|(stream, version)| (stream.as_str(), *version)).unzip();
    storage::sql(
        "UPDATE applied_streams SET version = done.version FROM unnest($1, $2) AS done (stream, version) \
         WHERE applied_streams.stream = done.stream",
    )
    .bind::<Array<Text>, _>(streams)
    .bind::<Array<BigInt>, _>(versions)
    .execute(conn)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_next_version_passes() {
        for last in 0..5 {
            for version in 1..8 {
                let expected = match version - last {
                    ..=0 => Verdict::Duplicate,
                    1 => Verdict::Next,
                    _ => Verdict::Gap,
                };
                assert_eq!(judge(last, version), expected, "version {version} after {last}");
            }
        }
    }
}
