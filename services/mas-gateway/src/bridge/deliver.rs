//! The job that delivers: takes what is due, as much as the breaker lets through, and writes down how it ended.
//!
//! It needs no input but the table: a nudge only shortens the wait, so the happy path and recovery are one path.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chassis::Service as _;
use metrics::{counter, gauge};
use storage::{Db, DbError};
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::answer::Verdict;
use super::backoff::Backoff;
use super::breaker::{Breaker, Era, Phase, Settings};
use super::db::{self, Claimed, Postponed};
use super::mas::Mas;
use super::{BridgeConfig, MasBridge};
use telemetry::names;

/// How often the table is looked at without a nudge: half of the first retry's ceiling.
const POLL: Duration = Duration::from_millis(250);
/// How long requests on their way may take to end when the process stops, within the chassis's 4 s. The claims of those
/// that do not end by themselves.
const FINISH: Duration = Duration::from_secs(3);
/// How often the backlog is measured.
const MEASURE: Duration = Duration::from_secs(5);
/// How often the bodies of old dead requests are deleted.
const FORGET: Duration = Duration::from_secs(60 * 60);

/// Delivers requests to MAS.
#[derive(Debug)]
pub(crate) struct Deliverer {
    attempt: Arc<Attempt>,
    breaker: Breaker,
    nudge: Arc<Notify>,
    concurrency: usize,
    lease: Duration,
}

/// What one attempt needs.
#[derive(Debug)]
struct Attempt {
    db: Db,
    mas: Arc<Mas>,
    backoff: Backoff,
    max_attempts: i32,
}

/// How an attempt ended, for the breaker.
#[derive(Debug, Clone, Copy)]
struct Ended {
    era: Era,
    is_alive: bool,
}

impl Deliverer {
    pub(crate) fn new(config: &BridgeConfig, db: Db, mas: Arc<Mas>, nudge: Arc<Notify>) -> Self {
        let ms = Duration::from_millis;
        Self {
            attempt: Arc::new(Attempt {
                db,
                mas,
                backoff: Backoff { base: ms(config.retry_base_ms), cap: ms(config.retry_cap_ms) },
                max_attempts: i32::try_from(config.max_attempts).unwrap_or(i32::MAX),
            }),
            breaker: Breaker::new(Settings {
                failures: config.breaker_failures,
                pause: ms(config.breaker_pause_ms),
                longest_pause: ms(config.breaker_longest_pause_ms),
            }),
            nudge,
            concurrency: config.concurrency,
            lease: config.lease(),
        }
    }

    /// Delivers until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut on_their_way = JoinSet::new();
        let (mut poll, mut measure, mut forget) = (every(POLL), every(MEASURE), every(FORGET));
        let mut may_be_due = true;
        while !stop.is_cancelled() {
            if may_be_due {
                may_be_due = self.send(&mut on_their_way).await;
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(ended) = on_their_way.join_next(), if !on_their_way.is_empty() => {
                    let before = self.breaker.phase();
                    self.learn(ended);
                    // All that have ended, so that one claim fills all free places.
                    while let Some(ended) = on_their_way.try_join_next() {
                        self.learn(ended);
                    }
                    may_be_due |= self.breaker.phase() != before;
                }
                () = self.nudge.notified() => may_be_due = true,
                _ = measure.tick() => self.measure().await,
                _ = forget.tick() => self.forget().await,
                _ = poll.tick() => may_be_due = true,
            }
        }
        let finish = async { while on_their_way.join_next().await.is_some() {} };
        if tokio::time::timeout(FINISH, finish).await.is_err() {
            tracing::info!("stopped with requests on their way to MAS; they are sent again when their claims end");
        }
    }

    /// Sends what is due, as far as there is room. Says whether more may be due.
    async fn send(&mut self, on_their_way: &mut JoinSet<Ended>) -> bool {
        let room = self.concurrency.saturating_sub(on_their_way.len());
        let (admitted, era) = self.breaker.admit(room, Instant::now());
        if admitted == 0 {
            // With places taken, the end of a request is the time to look again; while the breaker is open, the poll.
            return room == 0;
        }
        let claimed = match self.claim(admitted).await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::warn!(%error, "resume requests wait: the database is away");
                Vec::new()
            }
        };
        if claimed.is_empty() {
            self.breaker.unused(era);
        }
        let is_full = claimed.len() == admitted;
        for request in claimed {
            let attempt = Arc::clone(&self.attempt);
            on_their_way.spawn(async move { Ended { era, is_alive: attempt.make(&request).await } });
        }
        is_full
    }

    async fn claim(&self, count: usize) -> Result<Vec<Claimed>, DbError> {
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let mut conn = self.attempt.db.conn().await?;
        db::claim(&mut conn, limit, self.lease).await
    }

    /// Tells the breaker, and the log if that changed it.
    fn learn(&mut self, ended: Result<Ended, JoinError>) {
        // An attempt that panicked: nothing is known of MAS, but it must not be forgotten as a probe.
        let ended = ended.unwrap_or_else(|_| Ended { era: self.breaker.era(), is_alive: false });
        let before = self.breaker.phase();
        if ended.is_alive {
            self.breaker.succeeded(ended.era);
        } else {
            self.breaker.failed(ended.era, Instant::now(), rand::random());
        }
        match (before, self.breaker.phase()) {
            (Phase::Closed, Phase::Open) => tracing::warn!("MAS fails again and again: no requests for a while"),
            (Phase::HalfOpen, Phase::Closed) => tracing::info!("MAS is back"),
            _ => {}
        }
        self.show_breaker();
    }

    fn show_breaker(&self) {
        let state = match self.breaker.phase() {
            Phase::Closed => 0.0,
            Phase::HalfOpen => 1.0,
            Phase::Open => 2.0,
        };
        gauge!(names::MAS_BREAKER_STATE, "service" => MasBridge::NAME).set(state);
    }

    async fn measure(&self) {
        self.show_breaker();
        let Ok(mut conn) = self.attempt.db.conn().await else { return };
        let Ok(backlog) = db::backlog(&mut conn).await else { return };
        gauge!(names::MAS_REQUESTS_PENDING, "service" => MasBridge::NAME).set(backlog.pending as f64);
        gauge!(names::MAS_REQUESTS_OLDEST_SECONDS, "service" => MasBridge::NAME).set(backlog.oldest_seconds);
        gauge!(names::MAS_REQUESTS_DEAD, "service" => MasBridge::NAME).set(backlog.dead as f64);
    }

    async fn forget(&self) {
        let forgotten = match self.attempt.db.conn().await {
            Ok(mut conn) => db::forget_bodies(&mut conn).await,
            Err(error) => Err(error),
        };
        match forgotten {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "the bodies of old dead resume requests are deleted"),
            Err(error) => tracing::debug!(%error, "the bodies of old dead resume requests stay for now"),
        }
    }
}

impl Attempt {
    /// Asks MAS and writes down the answer. Says whether MAS works.
    async fn make(&self, request: &Claimed) -> bool {
        let verdict = if request.attempts > self.max_attempts {
            // A fuse: each attempt so far ended in a crash of the bridge, or could not be written down.
            Verdict::Refused("no attempt came to its end".to_owned())
        } else {
            self.mas.ask(request, self.db.now()).await
        };
        counter!(names::MAS_ATTEMPTS_TOTAL, "service" => MasBridge::NAME, "result" => verdict.label()).increment(1);
        fail::fail_point!("mas_bridge.before_settle", |_| true);
        if let Err(error) = self.settle(request, &verdict).await {
            // The claim ends, the request is sent again, and MAS gives the same answer to the same key.
            tracing::warn!(transaction.id = request.transaction_id, %error, "an answer of MAS was not written down");
        }
        verdict.is_alive()
    }

    async fn settle(&self, request: &Claimed, verdict: &Verdict) -> Result<(), DbError> {
        match verdict {
            Verdict::Decided(outcome, detail) => {
                db::finish(&self.db, request, Some((*outcome, detail.as_deref()))).await
            }
            Verdict::Taken => db::finish(&self.db, request, None).await,
            Verdict::Refused(reason) => {
                if db::bury(&mut *self.db.conn().await?, request, reason).await? {
                    given_up(request, reason);
                }
                Ok(())
            }
            Verdict::Later(reason, at_least) => {
                let attempts = u32::try_from(request.attempts).unwrap_or(1);
                // On top of what MAS asked for, so that those it sent away together do not come back together.
                let rest = at_least.unwrap_or_default() + self.backoff.rest(attempts, rand::random());
                let mut conn = self.db.conn().await?;
                let postponed = db::postpone(&mut conn, request, (reason, rest), self.max_attempts).await?;
                match postponed {
                    Postponed::Dead => given_up(request, reason),
                    Postponed::Pending | Postponed::NotOurs => {
                        tracing::debug!(
                            transaction.id = request.transaction_id,
                            reason,
                            ?postponed,
                            "an attempt failed"
                        );
                    }
                }
                Ok(())
            }
        }
    }
}

/// Ticks at once and then after each period; one that was missed is not made up for.
fn every(period: Duration) -> Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

fn given_up(request: &Claimed, reason: &str) {
    tracing::error!(
        transaction.id = request.transaction_id,
        attempts = request.attempts,
        reason,
        "a resume request is given up; an operator must look"
    );
}
