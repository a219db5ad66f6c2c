//! A paced load: loan tickets over HTTP through the gateway, at a rate that does not fall when the system gets slow. Each
//! request is one commit and one event.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::MissedTickBehavior;

use crate::workload::{Client, Identity};

/// Requests go out in groups of this spacing: finer than any figure that is looked for.
const TICK: Duration = Duration::from_millis(5);
/// Requests on their way at once; more wait, and the report shows that the rate was not reached.
const MOST_AT_ONCE: usize = 256;
/// Who opens tickets: one user's tickets would share index pages more than users' do.
const USERS: usize = 50;

/// What became of a load.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sums {
    /// 2xx.
    pub(super) acknowledged: u64,
    /// Anything else.
    pub(super) failed: u64,
    /// How long it took.
    pub(super) took: Duration,
}

/// Opens so many loan tickets a second by customers whose names begin with `mark`, and waits for the last answer.
pub(super) async fn open_tickets(client: &Client, mark: &str, per_second: u64, time: Duration) -> Result<Sums> {
    let tokens = tokens(client, mark)?;
    let (acknowledged, failed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let places = Arc::new(Semaphore::new(MOST_AT_ONCE));
    let body = json!({"subject": "figures", "description": "d", "categoryId": "category_001"}).to_string();
    let began = Instant::now();
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut sent: usize = 0;
    while began.elapsed() < time {
        ticks.tick().await;
        let due = began.elapsed().as_secs_f64() * per_second as f64;
        while (sent as f64) < due {
            let place = Arc::clone(&places).acquire_owned().await?;
            let request = client.anonymous(Method::POST, "/support/tickets").body(body.clone());
            let request = request.header("content-type", "application/json");
            let request = request.header(AUTHORIZATION, tokens[sent % USERS].clone());
            let (acknowledged, failed) = (Arc::clone(&acknowledged), Arc::clone(&failed));
            tokio::spawn(async move {
                let answer = request.send().await;
                let sum = if answer.is_ok_and(|answer| answer.status().is_success()) { acknowledged } else { failed };
                sum.fetch_add(1, Ordering::Relaxed);
                drop(place);
            });
            sent += 1;
        }
    }
    let _all_answered = places.acquire_many(u32::try_from(MOST_AT_ONCE)?).await?;
    let sum = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    Ok(Sums { acknowledged: sum(&acknowledged), failed: sum(&failed), took: began.elapsed() })
}

/// Made once: signing is no part of the figure.
fn tokens(client: &Client, mark: &str) -> Result<Vec<HeaderValue>> {
    let token = |number| {
        let who = Identity::customer(format!("{mark}-{number}"));
        let request = client.request(Method::GET, "/", &who).build()?;
        request.headers().get(AUTHORIZATION).cloned().context("a token")
    };
    (0..USERS).map(token).collect()
}
