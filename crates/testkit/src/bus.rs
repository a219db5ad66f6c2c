//! The in-process bus with a list of what went over it.

use std::sync::{Arc, Mutex, PoisonError};

use domain::Envelope;
use futures_util::future::BoxFuture;
use messaging::bus::{Bus, Message, PublishError, SubscribeError, Subscription};
use messaging::topology::Queue;

/// Publishes to an in-process bus and remembers what was confirmed.
#[derive(Debug)]
pub struct RecordedBus {
    inner: Arc<dyn Bus>,
    published: Mutex<Vec<(String, Envelope)>>,
}

impl RecordedBus {
    /// Records what goes over `inner`.
    #[must_use]
    pub fn over(inner: Arc<dyn Bus>) -> Arc<Self> {
        Arc::new(Self { inner, published: Mutex::default() })
    }

    /// The routing keys and events that were confirmed, in that order.
    #[must_use]
    pub fn published(&self) -> Vec<(String, Envelope)> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Bus for RecordedBus {
    fn publish(&self, message: Message) -> BoxFuture<'_, Result<(), PublishError>> {
        Box::pin(async move {
            let event = serde_json::from_slice::<Envelope>(&message.body).ok();
            let key = message.routing_key.clone();
            self.inner.publish(message).await?;
            if let Some(event) = event {
                self.published.lock().unwrap_or_else(PoisonError::into_inner).push((key, event));
            }
            Ok(())
        })
    }

    fn subscribe(&self, queue: Queue, prefetch: u16) -> BoxFuture<'_, Result<Subscription, SubscribeError>> {
        self.inner.subscribe(queue, prefetch)
    }

    fn is_connected(&self) -> bool {
        self.inner.is_connected()
    }
}
