//! When things happened, by one clock: PostgreSQL notes the moment of each commit (`track_commit_timestamp`), for the
//! owner's database and the desk's alike. No code of the services takes part, so nothing is measured but what they do.

use std::collections::BTreeMap;

use anyhow::Result;
use tokio_postgres::{Client, NoTls};

use crate::lab::Lab;

const LOAN: &str = "crossdesk_loan_support";
const DESK: &str = "crossdesk_desk";

/// An event's way, in seconds of the database server's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    /// The commit of the ticket and its event.
    pub(super) committed: f64,
    /// The relay marks it, after the confirm and the rest of its batch: a little later than the confirm itself.
    pub(super) published: f64,
    /// The commit of its effect in the desk.
    pub(super) applied: f64,
}

/// Lets PostgreSQL note commits; it takes a restart.
pub(super) async fn wind_up(lab: &mut Lab) -> Result<()> {
    connect(lab, "postgres").await?.batch_execute("ALTER SYSTEM SET track_commit_timestamp = on").await?;
    lab.stack.postgres.kill_and_restart().await?;
    lab.heal().await
}

pub(super) async fn connect(lab: &Lab, database: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(&lab.stack.postgres.url(database), NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Waits until the desk has applied the loan tickets with this mark.
pub(super) async fn until_applied(lab: &Lab, mark: &str, patience: std::time::Duration) -> Result<bool> {
    let end = std::time::Instant::now() + patience;
    let (loan, desk) = (connect(lab, LOAN).await?, connect(lab, DESK).await?);
    let text = "SELECT count(*) FROM tickets WHERE user_id LIKE $1 || '-%'";
    let wanted: i64 = loan.query_one(text, &[&mark]).await?.get(0);
    while std::time::Instant::now() < end {
        let text = "SELECT count(*) FROM tickets WHERE requester LIKE $1 || '-%'";
        let found: i64 = desk.query_one(text, &[&mark]).await?.get(0);
        if found >= wanted {
            return Ok(true);
        }
        tokio::time::sleep(super::LOOK).await;
    }
    Ok(false)
}

/// The way of each event of the loan tickets with this mark. Each such ticket has one event, so each row of it was
/// written once and its transaction is the one that matters.
pub(super) async fn ways(lab: &Lab, mark: &str) -> Result<Vec<Way>> {
    let desk = connect(lab, DESK).await?;
    let text = "SELECT stream, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 FROM applied_streams \
                WHERE version = 1";
    let rows = desk.query(text, &[]).await?;
    let applied: BTreeMap<String, Option<f64>> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let loan = connect(lab, LOAN).await?;
    let text = "SELECT stream, extract(epoch FROM pg_xact_commit_timestamp(tickets.xmin))::float8, \
                extract(epoch FROM published_at)::float8 FROM tickets JOIN ticket_events \
                ON stream = ticket_key::text WHERE user_id LIKE $1 || '-%' AND ticket_events.version = 1";
    let way = |row: &tokio_postgres::Row| {
        let stream: String = row.get(0);
        let (committed, published): (Option<f64>, Option<f64>) = (row.get(1), row.get(2));
        Some(Way { committed: committed?, published: published?, applied: (*applied.get(&stream)?)? })
    };
    Ok(loan.query(text, &[&mark]).await?.iter().filter_map(way).collect())
}

/// The value that so many percent are not above, of any number of values.
pub(super) fn percentile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let index = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(index).copied().unwrap_or(f64::NAN)
}
