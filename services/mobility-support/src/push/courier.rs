//! Does the telling: takes what is due for one provider, sends it, and puts off what could not be delivered.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use chassis::{Job, Service as _};
use domain::Subject;
use futures_util::future::join_all;
use metrics::{counter, gauge};
use storage::{Db, DbError};
use telemetry::names;
use tokio_util::sync::CancellationToken;

use super::notification::notification;
use super::providers::{Endpoint, Providers};
use crate::MobilitySupport;
use crate::db::{self, Due};

/// How often the table is looked at when nothing is due: bounds the delay of a push.
const POLL: Duration = Duration::from_millis(500);
/// Rest after a failure of the database.
const REST: Duration = Duration::from_secs(2);
/// Deliveries sent side by side, each of another ticket: enough to work off a backlog, few enough not to flood anybody.
const BATCH: i64 = 16;
/// How long a delivery is ours: longer than a call and what is written after it can take.
const LEASE: Duration = Duration::from_secs(45);
/// Longest wait after the first failure; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Longest wait ever: a provider that is back is told within this.
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 60);
/// How long a provider is tried for (contract, 4.3).
const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);
/// How often the backlog is measured.
const MEASURE: Duration = Duration::from_secs(5);
/// Most characters of a reason that is kept.
const MAX_REASON_CHARS: usize = 300;

/// A job for each provider that wants to be told, and one that measures. None if nobody does.
pub(crate) fn jobs(db: &Db, providers: &Arc<Providers>) -> Vec<Job> {
    let courier = |(provider, endpoint): (&Subject, &Endpoint)| Courier {
        db: db.clone(),
        provider: provider.clone(),
        endpoint: endpoint.clone(),
        providers: Arc::clone(providers),
    };
    let mut jobs: Vec<Job> = providers.endpoints().map(courier).map(Courier::job).collect();
    if !jobs.is_empty() {
        let db = db.clone();
        let run = Box::new(move |stop| Box::pin(measure(db, stop)) as _);
        jobs.push(Job { name: "backlog of provider deliveries", run });
    }
    jobs
}

/// Tells one provider.
#[derive(Debug)]
struct Courier {
    db: Db,
    provider: Subject,
    endpoint: Endpoint,
    providers: Arc<Providers>,
}

impl Courier {
    fn job(self) -> Job {
        Job { name: "provider deliveries", run: Box::new(move |stop| Box::pin(self.run(stop))) }
    }

    async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let wait = match self.step().await {
                // The next of the same tickets may be due now.
                Ok(taken) if taken > 0 => continue,
                Ok(_) => POLL,
                Err(error) => {
                    tracing::warn!(%error, "providers wait: the deliveries could not be read");
                    REST
                }
            };
            tokio::select! { () = tokio::time::sleep(wait) => {}, () = stop.cancelled() => {} }
        }
    }

    /// Delivers what is due; returns how many that were.
    async fn step(&self) -> Result<usize, DbError> {
        let mut conn = self.db.conn().await?;
        let due = db::claim_due(&mut conn, &self.provider, BATCH, LEASE).await?;
        drop(conn);
        let delivered = join_all(due.iter().map(|due| self.deliver(due))).await;
        delivered.into_iter().collect::<Result<Vec<()>, _>>()?;
        Ok(due.len())
    }

    async fn deliver(&self, due: &Due) -> Result<(), DbError> {
        let told = self.tell(due).await;
        let mut conn = self.db.conn().await?;
        let outcome = match told {
            Ok(()) => {
                db::settle(&mut conn, due).await?;
                "told"
            }
            Err(reason) => {
                let times = (jittered(due.attempts), PATIENCE);
                let is_parked = db::put_off(&mut conn, due, &reason, times).await?;
                tracing::warn!(ticket.key = %due.ticket_key, attempt = due.attempts, is_parked, reason,
                    "a provider could not be told");
                if is_parked { "parked" } else { "failed" }
            }
        };
        counter!(names::PROVIDER_DELIVERIES_TOTAL, "service" => MobilitySupport::NAME, "outcome" => outcome)
            .increment(1);
        Ok(())
    }

    async fn tell(&self, due: &Due) -> Result<(), String> {
        let body = notification(due, self.providers.origin());
        let sent = self.endpoint.http.post(self.endpoint.url.clone()).json(&body).send().await;
        match sent {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("answered {}", answer.status().as_u16())),
            Err(error) => Err(cause(&error.without_url()).chars().take(MAX_REASON_CHARS).collect()),
        }
    }
}

/// What is at the bottom of an error: the layers above it only say that something below failed.
fn cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    cause.to_string()
}

/// Full jitter: anything up to a limit that doubles, so that many failures at once do not come back at once.
pub(super) fn jittered(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(16);
    let longest = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    rand::random_range(Duration::ZERO..=longest)
}

async fn measure(db: Db, stop: CancellationToken) {
    let service = MobilitySupport::NAME;
    while !stop.is_cancelled() {
        if let Ok(mut conn) = db.conn().await
            && let Ok(backlog) = db::backlog(&mut conn).await
        {
            gauge!(names::PROVIDER_DELIVERIES_WAITING, "service" => service).set(backlog.waiting as f64);
            gauge!(names::PROVIDER_DELIVERIES_PARKED, "service" => service).set(backlog.parked as f64);
            gauge!(names::PROVIDER_DELIVERIES_OLDEST_SECONDS, "service" => service).set(backlog.oldest);
        }
        tokio::select! { () = tokio::time::sleep(MEASURE) => {}, () = stop.cancelled() => {} }
    }
}
