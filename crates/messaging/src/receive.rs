//! Reads a queue whose messages are no ticket events, or only some of a stream. There is no version gate here: what a
//! receiver does must be harmless when it is done twice.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use metrics::counter;
use storage::DbError;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::bus::{Bus, Delivery, Properties};
use crate::topology::Queue;
use crate::{counters, spans};

/// Deliveries held at once.
const PREFETCH: u16 = 64;
/// Messages worked on side by side: each is a transaction of its own, and the background pool has four connections.
const SIDE_BY_SIDE: usize = 4;
/// Rest after a failure that passes.
const REST: Duration = Duration::from_millis(500);

/// A message that has come.
#[derive(Debug, Clone)]
pub struct Received {
    /// The routing key it was published with.
    pub routing_key: String,
    /// Its properties; what a foreign sender left out is empty.
    pub properties: Properties,
    /// Its body.
    pub body: Arc<[u8]>,
}

/// What messages of a queue do.
pub trait Receive: std::fmt::Debug + Send + Sync + 'static {
    /// Brings the effect about and commits it: after `Ok` the message goes from the queue. It may come again.
    fn receive<'a>(&'a self, message: &'a Received) -> BoxFuture<'a, Result<(), ReceiveError>>;
}

/// Why a message had no effect.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// It never can have one: to the dead-letter queue, with this reason in the log.
    #[error("{0}")]
    Unfit(String),
    /// Something we need is away: tried again.
    #[error("{0}")]
    Later(String),
}

impl From<DbError> for ReceiveError {
    fn from(error: DbError) -> Self {
        // A missing right or a full disk is mended one day, and the message is still wanted then.
        if error.is_permanent() { Self::Unfit(error.to_string()) } else { Self::Later(error.to_string()) }
    }
}

impl From<diesel::result::Error> for ReceiveError {
    fn from(error: diesel::result::Error) -> Self {
        DbError::from(error).into()
    }
}

/// Reads one queue.
#[derive(Debug)]
pub struct Receiver {
    service: &'static str,
    queue: Queue,
    bus: Arc<dyn Bus>,
    effect: Arc<dyn Receive>,
}

impl Receiver {
    /// A reader of `queue` for `service`.
    #[must_use]
    pub fn new(service: &'static str, queue: Queue, bus: Arc<dyn Bus>, effect: Arc<dyn Receive>) -> Self {
        Self { service, queue, bus, effect }
    }

    /// Reads until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        counters::begin_messages(self.service, self.queue.name());
        let mut subscription = loop {
            match self.bus.subscribe(self.queue, PREFETCH).await {
                Ok(subscription) => break subscription,
                Err(error) => {
                    tracing::warn!(service = self.service, %error, "cannot read a queue; trying again");
                    tokio::select! { () = tokio::time::sleep(REST) => {}, () = stop.cancelled() => return }
                }
            }
        };
        let this = Arc::new(self);
        let mut working = JoinSet::new();
        loop {
            while working.len() >= SIDE_BY_SIDE {
                working.join_next().await;
            }
            let delivery = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                delivery = subscription.next() => delivery,
            };
            let Some(delivery) = delivery else { break };
            working.spawn(Arc::clone(&this).take(delivery, stop.clone()));
        }
        working.join_all().await;
    }

    /// Works on a message until it is dealt with. One that is given up because we stop comes again.
    async fn take(self: Arc<Self>, delivery: Delivery, stop: CancellationToken) {
        let message = Received {
            routing_key: delivery.routing_key().to_owned(),
            properties: delivery.properties().clone(),
            body: delivery.body().into(),
        };
        loop {
            let mut span = spans::receiving(self.service, self.queue, &message.properties.headers);
            let outcome = telemetry::in_trace(span.context(), self.effect.receive(&message)).await;
            if outcome.is_ok() {
                span.succeed();
            }
            drop(span);
            match outcome {
                Ok(()) => {
                    let (service, queue) = (self.service, self.queue.name());
                    counter!(telemetry::names::MESSAGES_RECEIVED_TOTAL, "service" => service, "consumer" => queue)
                        .increment(1);
                    fail::fail_point!("consume.before_ack", |_| ());
                    return delivery.ack().await;
                }
                Err(ReceiveError::Unfit(reason)) => {
                    tracing::error!(service = self.service, queue = self.queue.name(), reason,
                        message.id = %message.properties.message_id, "a message goes to the dead-letter queue");
                    counters::dead_letter(self.service, self.queue.name());
                    return delivery.dead_letter().await;
                }
                Err(ReceiveError::Later(reason)) => {
                    tracing::warn!(service = self.service, queue = self.queue.name(), reason, "a message waits");
                    counters::failed(self.service, self.queue.name());
                    tokio::select! { () = tokio::time::sleep(REST) => {}, () = stop.cancelled() => return }
                }
            }
        }
    }
}
