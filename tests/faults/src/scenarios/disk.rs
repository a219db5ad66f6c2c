//! PostgreSQL has no room for what is written.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::kills::CLIENTS;
use crate::checks;
use crate::lab::Lab;
use crate::workload::Line;

/// No file may become larger. The write-ahead log's files just fit: without room for them PostgreSQL would end itself,
/// which is the scenario `postgresql`.
const LARGEST_FILE: u64 = 1024 * 1024;
/// A table that will need room.
const TABLE: (&str, &str) = ("crossdesk_loan_support", "SELECT pg_relation_size('ticket_events')");
/// How long a table may take to be that large.
const GROWN_WITHIN: Duration = Duration::from_secs(60);

pub(super) async fn full(lab: &mut Lab) -> Result<Vec<String>> {
    lab.stack.postgres.shrink_log_files().await?;
    lab.stack.ready().await?;
    let workload = lab.workload(CLIENTS, &Line::ALL);
    wait_until_grown(lab).await?;
    let began = Instant::now();
    lab.stack.postgres.limit_files(Some(LARGEST_FILE)).await?;
    tokio::time::sleep(Duration::from_secs(6)).await;
    lab.stack.postgres.limit_files(None).await?;
    workload.finish().await;
    let entries = lab.client.history.entries();
    let was_noticed = entries.iter().any(|entry| entry.began >= began && entry.attempts > 1);
    Ok(if was_noticed { Vec::new() } else { vec!["no write was refused while there was no room".to_owned()] })
}

async fn wait_until_grown(lab: &Lab) -> Result<()> {
    let (database, question) = TABLE;
    let client = checks::connect(&lab.stack.postgres, database).await?;
    let end = Instant::now() + GROWN_WITHIN;
    while client.query_one(question, &[]).await?.get::<_, i64>(0) <= i64::try_from(LARGEST_FILE)? {
        ensure!(Instant::now() < end, "the events of loan-support took no more than {LARGEST_FILE} bytes");
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Ok(())
}
