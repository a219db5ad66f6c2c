//! What a reader holds: its subscription and the deliveries it has not answered.
//!
//! The same two types for both buses; how an answer travels is behind [`Answer`]. A delivery that is dropped without an
//! answer goes back to the queue, so a reader that panics or gives up cannot make a message disappear.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Properties;

/// What a reader says about a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Ack,
    Requeue,
    DeadLetter,
}

/// Takes the verdict to where the delivery came from.
pub(super) trait Answer: Send + Sync {
    /// Whether a verdict would still reach the queue.
    fn is_live(&self) -> bool;

    /// Sends the verdict; without effect if the delivery is no longer ours.
    fn give(self: Box<Self>, verdict: Verdict) -> BoxFuture<'static, ()>;

    /// The reader dropped the delivery.
    fn forget(self: Box<Self>);
}

/// A message that waits for the reader's answer.
pub struct Delivery {
    pub(super) routing_key: String,
    pub(super) properties: Properties,
    pub(super) body: Arc<[u8]>,
    pub(super) redelivered: bool,
    /// `None` once answered.
    pub(super) answer: Option<Box<dyn Answer>>,
}

impl Delivery {
    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The routing key it was published with.
    #[must_use]
    pub fn routing_key(&self) -> &str {
        &self.routing_key
    }

    /// The properties; what a foreign sender left out is empty.
    #[must_use]
    pub const fn properties(&self) -> &Properties {
        &self.properties
    }

    /// Whether it may have been delivered before.
    #[must_use]
    pub const fn redelivered(&self) -> bool {
        self.redelivered
    }

    /// The message is dealt with and goes from the queue. Without effect if the connection it came over is gone: then
    /// the message comes again.
    pub async fn ack(self) {
        self.answer(Verdict::Ack).await;
    }

    /// Back to the queue, to be delivered again; counts towards the delivery limit.
    pub async fn requeue(self) {
        self.answer(Verdict::Requeue).await;
    }

    /// To the dead-letter queue: nobody can ever deal with this message.
    pub async fn dead_letter(self) {
        self.answer(Verdict::DeadLetter).await;
    }

    async fn answer(mut self, verdict: Verdict) {
        if let Some(answer) = self.answer.take() {
            answer.give(verdict).await;
        }
    }

    fn is_live(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.is_live())
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if let Some(answer) = self.answer.take() {
            answer.forget();
        }
    }
}

impl fmt::Debug for Delivery {
    /// Without the body, which may hold personal data.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Delivery")
            .field("message_id", &self.properties.message_id)
            .field("routing_key", &self.routing_key)
            .field("redelivered", &self.redelivered)
            .finish_non_exhaustive()
    }
}

/// A reader's place at a queue. Dropping it gives the place up; unanswered deliveries go back to the queue.
#[derive(Debug)]
pub struct Subscription {
    deliveries: mpsc::Receiver<Delivery>,
    shutdown: CancellationToken,
    /// Tells the bus that the reader is gone.
    _gone: DropGuard,
}

impl Subscription {
    pub(super) fn new(
        deliveries: mpsc::Receiver<Delivery>,
        shutdown: CancellationToken,
        gone: CancellationToken,
    ) -> Self {
        Self { deliveries, shutdown, _gone: gone.drop_guard() }
    }

    /// The next delivery; waits for it. `None` once the bus shuts down. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Delivery> {
        loop {
            let delivery = tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return None,
                delivery = self.deliveries.recv() => delivery?,
            };
            // A delivery of a lost connection comes again, so working on it now would be in vain.
            if delivery.is_live() {
                return Some(delivery);
            }
        }
    }

    /// A delivery that is already there, without waiting, so that a reader can take several at once.
    pub fn try_next(&mut self) -> Option<Delivery> {
        loop {
            let delivery = self.deliveries.try_recv().ok()?;
            if delivery.is_live() {
                return Some(delivery);
            }
        }
    }
}
