//! The in-process bus with a list of what went over it.

use std::sync::{Arc, Mutex, PoisonError};

use domain::Envelope;
use futures_util::future::BoxFuture;
use messaging::bus::{Bus, Listener, Message, PublishError, SubscribeError, Subscription};
use messaging::topology::Queue;

/// Publishes to an in-process bus and remembers what was confirmed.
#[derive(Debug)]
pub struct RecordedBus {
    inner: Arc<dyn Bus>,
    published: Mutex<Vec<(String, Envelope)>>,
    messages: Mutex<Vec<Message>>,
}

impl RecordedBus {
    /// Records what goes over `inner`.
    #[must_use]
    pub fn over(inner: Arc<dyn Bus>) -> Arc<Self> {
        Arc::new(Self { inner, published: Mutex::default(), messages: Mutex::default() })
    }

    /// The routing keys and events that were confirmed, in that order.
    #[must_use]
    pub fn published(&self) -> Vec<(String, Envelope)> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The messages that are no events and were confirmed, in that order.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Bus for RecordedBus {
    fn publish(&self, message: Message) -> BoxFuture<'_, Result<(), PublishError>> {
        Box::pin(async move {
            let sent = message.clone();
            self.inner.publish(message).await?;
            match serde_json::from_slice::<Envelope>(&sent.body) {
                Ok(event) => {
                    self.published.lock().unwrap_or_else(PoisonError::into_inner).push((sent.routing_key, event));
                }
                Err(_) => self.messages.lock().unwrap_or_else(PoisonError::into_inner).push(sent),
            }
            Ok(())
        })
    }

    fn subscribe(&self, queue: Queue, prefetch: u16) -> BoxFuture<'_, Result<Subscription, SubscribeError>> {
        self.inner.subscribe(queue, prefetch)
    }

    fn listen(&self, pattern: &str) -> Listener {
        self.inner.listen(pattern)
    }

    fn is_connected(&self) -> bool {
        self.inner.is_connected()
    }
}
