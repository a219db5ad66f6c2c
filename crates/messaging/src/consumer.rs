//! Applies events, each once, in the order of its stream (events, section 3).
//!
//! What has arrived is applied as one batch in one transaction, so a busy reader commits a few times a second and not
//! once per event. A batch that cannot be applied as it is comes again by halves, down to the event that is in the way.

mod apply;
pub mod gate;
pub mod parked;

use std::sync::Arc;
use std::time::Duration;

use domain::Envelope;
use futures_util::future::join_all;
use metrics::counter;
use storage::{Db, DbError};
use telemetry::names;
use tokio_util::sync::CancellationToken;

pub use self::apply::{Apply, ApplyError};
use crate::bus::{Bus, Delivery};
use crate::counters;
use crate::owner::Owner;
use crate::topology::Queue;

/// Deliveries held at once: enough for a full batch while the next one arrives.
const PREFETCH: u16 = 256;
/// Events in one transaction: bounds how long its locks are held.
const BATCH: usize = 128;
/// Rest after the database failed.
const REST: Duration = Duration::from_millis(500);
/// Longest name of a stream: a ticket's key and a suffix have less than half of it.
const MAX_STREAM_BYTES: usize = 100;
/// How long an owner may take to give missed events: other streams wait meanwhile.
const OWNER_TIMEOUT: Duration = Duration::from_secs(2);
/// How often parked events are looked at.
const RETRY_EVERY: Duration = Duration::from_secs(1);

/// Reads one queue into one database.
#[derive(Debug)]
pub struct Consumer {
    service: &'static str,
    queue: Queue,
    db: Db,
    bus: Arc<dyn Bus>,
    owner: Arc<dyn Owner>,
    effect: Arc<dyn Apply>,
}

impl Consumer {
    /// A reader of `queue` for `service`.
    #[must_use]
    pub fn new(
        service: &'static str,
        queue: Queue,
        db: Db,
        (bus, owner): (Arc<dyn Bus>, Arc<dyn Owner>),
        effect: Arc<dyn Apply>,
    ) -> Self {
        Self { service, queue, db, bus, owner, effect }
    }

    /// Reads until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        counters::begin_events(self.service, self.queue.name());
        let mut subscription = loop {
            match self.bus.subscribe(self.queue, PREFETCH).await {
                Ok(subscription) => break subscription,
                Err(error) => {
                    tracing::warn!(service = self.service, %error, "cannot subscribe to events; trying again");
                    tokio::select! { () = tokio::time::sleep(REST) => {}, () = stop.cancelled() => return }
                }
            }
        };
        let mut retry = tokio::time::interval(RETRY_EVERY);
        retry.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = retry.tick() => self.retry_parked().await,
                delivery = subscription.next() => {
                    let Some(delivery) = delivery else { return };
                    let mut batch = vec![delivery];
                    while batch.len() < BATCH && let Some(delivery) = subscription.try_next() {
                        batch.push(delivery);
                    }
                    self.take(batch, &stop).await;
                }
            }
        }
    }

    /// Applies or parks a batch and answers its deliveries. Gives them back to the queue only when told to stop.
    async fn take(&self, batch: Vec<Delivery>, stop: &CancellationToken) {
        let (mut deliveries, mut events) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
        for delivery in batch {
            match read(delivery.body()) {
                Ok(event) => {
                    events.push(event);
                    deliveries.push(delivery);
                }
                Err(reason) => {
                    tracing::error!(
                        service = self.service,
                        queue = self.queue.name(),
                        reason,
                        "a message is no event and goes to the dead-letter queue"
                    );
                    counters::dead_letter(self.service, self.queue.name());
                    delivery.dead_letter().await;
                }
            }
        }
        #[cfg(feature = "bug-ack-before-commit")]
        if storage::bugs::is_active("ack-before-commit") {
            for delivery in deliveries.drain(..) {
                delivery.ack().await;
            }
        }
        while let Err(error) = self.settle(&events).await {
            #[cfg(feature = "bug-swallowed-error")]
            if storage::bugs::is_active("swallowed-error") {
                break;
            }
            tracing::warn!(service = self.service, %error, "events wait: they could not be applied");
            counters::failed(self.service, self.queue.name());
            tokio::select! { () = tokio::time::sleep(REST) => {}, () = stop.cancelled() => return }
        }
        fail::fail_point!("consume.before_ack", |_| ());
        // At once, because each may have to be given up.
        join_all(deliveries.into_iter().map(Delivery::ack)).await;
    }

    async fn apply_all(&self, events: &[Envelope]) -> Result<Vec<usize>, ApplyError> {
        gate::apply_all(&self.db, self.queue.name(), &*self.effect, events).await
    }

    /// Applies each event, or parks it. After `Ok` every one of them is applied, was applied before, or is parked.
    pub async fn settle(&self, events: &[Envelope]) -> Result<(), DbError> {
        // Still to be settled, the next part last.
        let mut parts = vec![events];
        while let Some(part) = parts.pop() {
            match (self.apply_all(part).await, part) {
                (Ok(behind), _) => {
                    for index in behind {
                        self.settle_gap(&part[index]).await?;
                    }
                }
                (Err(ApplyError::Database(error)), _) => return Err(error),
                (Err(ApplyError::Unfit(reason)), [event]) => self.park(event, &reason).await?,
                // One of them is unfit. By halves it is found in a few transactions; one for each event would make a
                // reader that has fallen behind fall behind further.
                (Err(ApplyError::Unfit(_)), _) => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
        }
        Ok(())
    }

    /// Fetches the events between the last applied one and this one, and applies them in order.
    async fn settle_gap(&self, event: &Envelope) -> Result<(), DbError> {
        let (service, queue) = (self.service, self.queue.name());
        counter!(names::EVENTS_GAPS_TOTAL, "service" => service, "consumer" => queue).increment(1);
        #[cfg(feature = "bug-dropped-gap")]
        if storage::bugs::is_active("dropped-gap") {
            return Ok(());
        }
        if let Some(version) = parked::first_parked(&self.db, &event.partitionkey).await?
            && version < event.data.version
        {
            return self.park(event, &format!("waits for version {version} of its stream")).await;
        }
        match self.fill(event).await? {
            Ok(()) => Ok(()),
            Err(reason) => self.park(event, &reason).await,
        }
    }

    /// `Ok(Err(reason))` if the gap is still there.
    async fn fill(&self, event: &Envelope) -> Result<Result<(), String>, DbError> {
        loop {
            let last = gate::last_applied(&self.db, &event.partitionkey).await?;
            if last >= event.data.version {
                return Ok(Ok(()));
            }
            let asking = self.owner.events_after(&event.source, &event.partitionkey, last);
            let mut missing = match tokio::time::timeout(OWNER_TIMEOUT, asking).await {
                Ok(Ok(missing)) => missing,
                Ok(Err(error)) => return Ok(Err(error.to_string())),
                Err(_) => return Ok(Err("the owner did not answer in time".to_owned())),
            };
            missing.retain(|found| found.partitionkey == event.partitionkey && found.data.version > last);
            if missing.is_empty() {
                return Ok(Err(format!("the owner has nothing after version {last}")));
            }
            match self.apply_all(&missing).await {
                Ok(behind) if behind.is_empty() => {}
                Ok(_) => return Ok(Err("the owner's events have a gap".to_owned())),
                Err(ApplyError::Unfit(_)) => {
                    if let Some(reason) = self.fill_up_to_unfit(missing).await? {
                        return Ok(Err(reason));
                    }
                }
                Err(ApplyError::Database(error)) => return Err(error),
            }
        }
    }

    /// One of the fetched events is unfit, or they are when they come together: those before it take effect, it is parked,
    /// and the rest waits for the reason given.
    async fn fill_up_to_unfit(&self, missing: Vec<Envelope>) -> Result<Option<String>, DbError> {
        for event in &missing {
            match self.apply_all(std::slice::from_ref(event)).await {
                Ok(_) => {}
                Err(ApplyError::Unfit(reason)) => {
                    self.park(event, &reason).await?;
                    return Ok(Some(format!("waits for version {} of its stream", event.data.version)));
                }
                Err(ApplyError::Database(error)) => return Err(error),
            }
        }
        Ok(None)
    }

    async fn park(&self, event: &Envelope, reason: &str) -> Result<(), DbError> {
        tracing::error!(service = self.service, event.id = %event.id, event.stream = %event.partitionkey,
            event.version = event.data.version, reason, "an event is parked; its stream waits");
        parked::park(&self.db, event, reason).await
    }

    /// Tries parked events whose time has come, stream by stream.
    async fn retry_parked(&self) {
        let due = match parked::due(&self.db).await {
            Ok(due) => due,
            Err(error) => return tracing::debug!(%error, "parked events could not be read"),
        };
        for event in due {
            let outcome = match self.apply_all(std::slice::from_ref(&event)).await {
                Ok(behind) if behind.is_empty() => Ok(()),
                Ok(_) => match self.fill(&event).await {
                    Ok(outcome) => outcome,
                    Err(_) => continue,
                },
                Err(ApplyError::Unfit(reason)) => Err(reason),
                Err(ApplyError::Database(_)) => continue,
            };
            let recorded = match outcome {
                Ok(()) => parked::release(&self.db, &event.partitionkey).await,
                Err(reason) => parked::postpone(&self.db, &event, &reason).await,
            };
            if let Err(error) = recorded {
                tracing::debug!(%error, "the outcome of a parked event could not be recorded; it is tried again");
            }
        }
        parked::measure(&self.db, self.queue.name()).await;
    }
}

/// A message as an event, or why it is none.
fn read(body: &[u8]) -> Result<Envelope, String> {
    let event: Envelope = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    // PostgreSQL could not even park an event of another kind of stream.
    let key = event.partitionkey.as_str();
    if key.is_empty() || key.len() > MAX_STREAM_BYTES || key.chars().any(char::is_control) {
        return Err("its stream has no good name".to_owned());
    }
    Ok(event)
}
