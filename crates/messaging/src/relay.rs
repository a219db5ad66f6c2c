//! Carries events from the log to the bus: one relay per service database, chosen by a lease.
//!
//! It reads the set of unpublished events, never "id > last": ids are handed out before commits, so a cursor would skip
//! what commits late. No transaction is open while it publishes. A relay that lost its lease without noticing does no
//! harm: readers drop duplicates.

mod lease;
mod messages;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use futures_util::stream::{self, StreamExt as _};
use metrics::{counter, gauge};
use storage::{Db, DbError};
use telemetry::Span;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::bus::{Bus, Message, Properties, PublishError};
use crate::event_log::{self, LoggedEvent};
use crate::topology::Exchange;
use crate::{counters, outgoing, spans};

/// How often the log is looked at without a nudge: bounds the delay of events committed by other processes.
const POLL: Duration = Duration::from_millis(100);
/// Events taken at once: enough to fill the broker's pipeline, few enough to mark in one short statement.
const BATCH: i64 = 500;
/// Streams published side by side.
const IN_FLIGHT: usize = 256;
/// Rest after a failure, so that a broker that is down costs next to nothing.
const REST: Duration = Duration::from_millis(500);
/// How often the backlog is measured.
const MEASURE: Duration = Duration::from_secs(5);

/// Publishes a service's events.
#[derive(Debug)]
pub struct Relay {
    service: &'static str,
    db: Db,
    bus: Arc<dyn Bus>,
    nudge: Arc<Notify>,
    /// Wakes the half that sends messages.
    messages: Notify,
    holder: Uuid,
}

impl Relay {
    /// A relay for the events of `service`. `nudge` is notified after each commit of this process.
    #[must_use]
    pub fn new(service: &'static str, db: Db, bus: Arc<dyn Bus>, nudge: Arc<Notify>, clock: &dyn Clock) -> Self {
        Self { service, db, bus, nudge, messages: Notify::new(), holder: clock.new_id() }
    }

    /// Relays until told to stop, then publishes what is left and gives the lease back.
    ///
    /// Events and other messages go side by side: a message waits for its one reader, and events must not wait with it.
    pub async fn run(self, stop: CancellationToken) {
        counters::begin_relay(self.service);
        tokio::join!(self.relay_events(&stop), self.relay_messages(&stop));
        if let Err(error) = self.drain().await {
            tracing::info!(service = self.service, %error, "stopped with events left; the next start publishes them");
        }
    }

    async fn relay_events(&self, stop: &CancellationToken) {
        let mut measured = tokio::time::Instant::now();
        while !stop.is_cancelled() {
            let busy = match self.step().await {
                Ok(moved) => moved == BATCH as usize,
                Err(error) => {
                    tracing::warn!(service = self.service, %error, "events wait: the relay could not work");
                    self.rest(REST, stop).await;
                    false
                }
            };
            if measured.elapsed() > MEASURE {
                measured = tokio::time::Instant::now();
                self.measure().await;
            }
            if !busy {
                self.rest(POLL, stop).await;
            }
        }
    }

    /// Publishes one batch if this relay holds the lease. Returns how many events were published.
    pub async fn step(&self) -> Result<usize, RelayError> {
        let mut conn = self.db.conn().await?;
        if !lease::hold(&mut conn, self.holder).await.map_err(DbError::from)? {
            return Ok(0);
        }
        let batch = event_log::unpublished(&mut conn, BATCH).await.map_err(DbError::from)?;
        if batch.is_empty() {
            if outgoing::is_any_unpublished(&mut conn).await? {
                self.messages.notify_one();
            }
            return Ok(0);
        }
        #[cfg(feature = "bug-mark-before-confirm")]
        if storage::bugs::is_active("mark-before-confirm") {
            let all: Vec<_> = batch.iter().map(|event| (event.stream.clone(), event.version)).collect();
            event_log::mark_published(&mut conn, &all).await.map_err(DbError::from)?;
        }
        drop(conn);
        fail::fail_point!("relay.before_publish", |_| Err(RelayError::Stopped));
        let (done, failure) = self.publish(batch).await;
        fail::fail_point!("relay.before_mark", |_| Err(RelayError::Stopped));
        if !done.is_empty() {
            let mut conn = self.db.conn().await?;
            event_log::mark_published(&mut conn, &done).await.map_err(DbError::from)?;
            counter!(telemetry::names::EVENTS_PUBLISHED_TOTAL, "service" => self.service).increment(done.len() as u64);
        }
        match failure {
            Some(error) => Err(error),
            None => Ok(done.len()),
        }
    }

    /// Publishes streams side by side and the events of one stream one after the other.
    async fn publish(&self, batch: Vec<LoggedEvent>) -> (Vec<(String, i64)>, Option<RelayError>) {
        let mut streams: BTreeMap<String, Vec<LoggedEvent>> = BTreeMap::new();
        for event in batch {
            streams.entry(event.stream.clone()).or_default().push(event);
        }
        let mut results =
            stream::iter(streams.into_values()).map(|events| self.publish_stream(events)).buffer_unordered(IN_FLIGHT);
        let (mut done, mut failure) = (Vec::new(), None);
        while let Some((published, failed)) = results.next().await {
            done.extend(published);
            failure = failure.or(failed);
        }
        (done, failure)
    }

    async fn publish_stream(&self, mut events: Vec<LoggedEvent>) -> (Vec<(String, i64)>, Option<RelayError>) {
        events.sort_by_key(|event| event.version);
        let mut done = Vec::with_capacity(events.len());
        for mut event in events {
            let span = spans::sending(self.service, Exchange::TicketEvents, &mut event.traceparent);
            let at = (event.stream.clone(), event.version);
            let message = match self.message(event) {
                Ok(message) => message,
                Err(error) => return (done, Some(error.into())),
            };
            if let Err(error) = self.send(message, span).await {
                #[cfg(feature = "bug-failed-publish-is-done")]
                if storage::bugs::is_active("failed-publish-is-done") {
                    done.push(at);
                    continue;
                }
                return (done, Some(error.into()));
            }
            done.push(at);
        }
        (done, None)
    }

    async fn send(&self, message: Message, mut span: Span) -> Result<(), PublishError> {
        let sent = self.bus.publish(message).await;
        if let Err(error) = &sent {
            span.fail("not_confirmed");
            if *error == PublishError::Unroutable {
                counter!(telemetry::names::UNROUTABLE_TOTAL, "service" => self.service).increment(1);
            }
        }
        sent
    }

    fn message(&self, event: LoggedEvent) -> Result<Message, serde_json::Error> {
        let envelope = event.envelope(self.service)?;
        Ok(Message {
            exchange: Exchange::TicketEvents,
            routing_key: envelope.routing_key(),
            properties: Properties {
                message_id: envelope.id.0,
                kind: envelope.kind.clone(),
                app_id: self.service.to_owned(),
                timestamp: envelope.time,
                content_type: "application/cloudevents+json; charset=utf-8".into(),
                correlation_id: None,
                reply_to: None,
                headers: vec![
                    ("partitionkey".to_owned(), envelope.partitionkey.as_str().to_owned()),
                    ("sequence".to_owned(), envelope.sequence.clone()),
                    ("traceparent".to_owned(), envelope.traceparent.clone()),
                ],
            },
            body: serde_json::to_vec(&envelope)?.into(),
        })
    }

    async fn drain(&self) -> Result<(), RelayError> {
        let published = loop {
            match self.step().await {
                Ok(0) => break Ok(()),
                Ok(_) => {}
                Err(error) => break Err(error),
            }
        };
        let messages = self.send_messages().await;
        let mut conn = self.db.conn().await?;
        lease::give_back(&mut conn, self.holder).await.map_err(DbError::from)?;
        published.and(messages.map(drop))
    }

    async fn rest(&self, time: Duration, stop: &CancellationToken) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = self.nudge.notified(), if time == POLL => self.messages.notify_one(),
            () = stop.cancelled() => {}
        }
    }

    async fn measure(&self) {
        let connected = if self.bus.is_connected() { 1.0 } else { 0.0 };
        gauge!(telemetry::names::BUS_CONNECTED, "service" => self.service).set(connected);
        let Ok(mut conn) = self.db.conn().await else { return };
        if let Ok((waiting, oldest)) = event_log::backlog(&mut conn).await {
            gauge!(telemetry::names::EVENTS_UNPUBLISHED, "service" => self.service).set(waiting as f64);
            gauge!(telemetry::names::EVENTS_UNPUBLISHED_OLDEST_SECONDS, "service" => self.service).set(oldest);
        }
        if let Ok((waiting, oldest)) = outgoing::backlog(&mut conn).await {
            gauge!(telemetry::names::MESSAGES_UNPUBLISHED, "service" => self.service).set(waiting as f64);
            gauge!(telemetry::names::MESSAGES_UNPUBLISHED_OLDEST_SECONDS, "service" => self.service).set(oldest);
        }
    }
}

/// Why events wait.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The service's database.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The bus.
    #[error("publishing failed: {0}")]
    Publish(#[from] PublishError),
    /// A row that is no event: a defect.
    #[error("an event cannot be written as JSON: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A crash point of the tests.
    #[error("stopped by a crash point")]
    Stopped,
}
