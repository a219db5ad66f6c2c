//! The bus: how messages get from the event log to their readers, at least once.
//!
//! Two buses behind one trait: [`RabbitBus`] when several processes share a broker, [`LocalBus`] when everything runs
//! in one process. Code above the bus cannot tell them apart (`events.md` section 8), and one suite of tests runs on
//! both. Neither stores anything that is not stored elsewhere: the outbox keeps a message until `publish` has said yes,
//! so every failure here means "later", never "lost".

mod delivery;
mod listen;
mod local;
mod rabbit;

use std::fmt::Debug;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use uuid::Uuid;

pub use delivery::{Delivery, Subscription};
pub use listen::{Heard, Listener};
pub use local::{DeadLetter, LocalBus};
pub use rabbit::RabbitBus;

use crate::topology::{Exchange, Queue};

/// One message on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it is published.
    pub exchange: Exchange,
    /// What the bindings look at.
    pub routing_key: String,
    /// What AMQP carries beside the body.
    pub properties: Properties,
    /// The body, not looked into by the bus.
    pub body: Arc<[u8]>,
}

/// The AMQP properties of a message. Messages are always persistent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Properties {
    /// Names the message, also when it is published again. Nil if a foreign sender left it out.
    pub message_id: Uuid,
    /// AMQP `type`.
    pub kind: String,
    /// The service that published it.
    pub app_id: String,
    /// Travels in whole seconds.
    pub timestamp: DateTime<Utc>,
    /// The media type of the body.
    pub content_type: String,
    /// What the answer to this message is to name.
    pub correlation_id: Option<String>,
    /// The queue for the answer.
    pub reply_to: Option<String>,
    /// Text headers, in no particular order.
    pub headers: Vec<(String, String)>,
}

/// Why a message must be published again later.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum PublishError {
    /// No queue took it, not even the one for unroutable messages.
    #[error("no queue takes this message")]
    Unroutable,
    /// The broker does not take it now: the queue is full, or memory or disk is short.
    #[error("the broker refused the message")]
    Refused,
    /// No confirm in time. The message may have arrived all the same.
    #[error("the broker did not confirm the message in time")]
    TimedOut,
    /// There is no connection, or it broke before the confirm. The message may have arrived all the same.
    #[error("the bus is not connected: {0}")]
    Disconnected(String),
}

/// Why a subscription was not made.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum SubscribeError {
    /// The process is stopping.
    #[error("the bus is shutting down")]
    ShuttingDown,
}

/// Publishes and delivers messages.
pub trait Bus: Debug + Send + Sync + 'static {
    /// Resolves when every queue that wants the message has it safely. Many may be in flight at once.
    ///
    /// # Errors
    /// The message must be published again later; see [`PublishError`].
    fn publish(&self, message: Message) -> BoxFuture<'_, Result<(), PublishError>>;

    /// Reads a queue, with at most `prefetch` unanswered deliveries. The subscription lasts until it is dropped or the
    /// bus shuts down, over any number of reconnects; it need not be connected yet when this returns.
    ///
    /// # Errors
    /// The bus is shutting down.
    fn subscribe(&self, queue: Queue, prefetch: u16) -> BoxFuture<'_, Result<Subscription, SubscribeError>>;

    /// Hears every ticket event whose routing key matches the topic pattern, whoever else reads it: from now on, not
    /// stored, and not all of them if the connection breaks. Must be called within a tokio runtime.
    fn listen(&self, pattern: &str) -> Listener;

    /// Whether publishing has a connection right now. For metrics only, never for readiness: a broker that is down
    /// only delays.
    fn is_connected(&self) -> bool;
}
