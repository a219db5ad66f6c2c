//! The bus over RabbitMQ.
//!
//! One connection publishes, and each subscription has its own: a broker that holds back publishers must not hold back
//! readers. Each connection has a supervisor, a task that rebuilds connection, channel and topology for ever, with
//! backoff. The client's own recovery is off: it does not restore a channel that a channel error closed.

mod declare;
mod depth;
mod in_flight;
mod listening;
mod publisher;
mod session;
mod subscriber;
mod transport;
mod window;
mod wire;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use self::declare::Names;
use self::listening::Listening;
use self::publisher::{Publisher, Request};
use self::session::Dial;
use self::subscriber::Subscriber;
use super::{Bus, Listener, Message, PublishError, SubscribeError, Subscription};
use crate::topology::Queue;

/// How long a publisher waits for the confirm (`events.md` section 1).
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(5);

/// How much later the caller gives up by itself, should the publisher be busy elsewhere.
const CALLER_GRACE: Duration = Duration::from_secs(1);

/// Messages that wait for the publisher to take them up; more make the caller wait.
const WAITING_ROOM: usize = 256;

/// The bus over RabbitMQ.
pub struct RabbitBus {
    requests: mpsc::Sender<Request>,
    connected: Arc<AtomicBool>,
    dial: Arc<Dial>,
    shutdown: CancellationToken,
}

impl RabbitBus {
    /// Starts to connect to `url` as `service` and returns at once. Over `amqps://` the broker must show a certificate that
    /// the system trusts, or an authority in the PEM file that the URL's `cacertfile` names. `shutdown` ends the subscriptions; publishing goes
    /// on until the bus is dropped, because a relay flushes its log after the readers have stopped.
    ///
    /// Must be called within a tokio runtime.
    #[must_use]
    pub fn connect(url: &str, service: &str, shutdown: CancellationToken) -> Arc<Self> {
        Self::connect_prefixed(url, service, "", shutdown)
    }

    /// Like [`RabbitBus::connect`], with `prefix` before the name of each exchange and queue, so that tests on one
    /// broker keep out of each other's way.
    #[must_use]
    pub fn connect_prefixed(url: &str, service: &str, prefix: &str, shutdown: CancellationToken) -> Arc<Self> {
        let dial = Arc::new(Dial::new(url, service, Names::prefixed(prefix)));
        let connected = Arc::new(AtomicBool::new(false));
        let (requests, waiting) = mpsc::channel(WAITING_ROOM);
        tokio::spawn(Publisher::new(Arc::clone(&dial), Arc::clone(&connected), waiting).run());
        Arc::new(Self { requests, connected, dial, shutdown })
    }

    /// Connects once to `url` and says goodbye, to find out whether a service could.
    ///
    /// # Errors
    /// Why it could not, as a sentence without the address.
    pub async fn probe(url: &str) -> Result<(), String> {
        let dial = Dial::new(url, "crossdesk", Names::prefixed(""));
        let session = dial.open("probe").await.map_err(|error| error.to_string())?;
        session.close().await;
        Ok(())
    }

    async fn publish_by(&self, message: Message, deadline: Instant) -> Result<(), PublishError> {
        if !self.is_connected() {
            return Err(PublishError::Disconnected("no connection to the broker".to_owned()));
        }
        let (reply, answer) = oneshot::channel();
        let gone = |_| PublishError::Disconnected("the publisher stopped".to_owned());
        self.requests.send(Request { message, deadline, reply }).await.map_err(|_| gone(()))?;
        answer.await.map_err(|_| gone(()))?
    }
}

impl Bus for RabbitBus {
    fn publish(&self, message: Message) -> BoxFuture<'_, Result<(), PublishError>> {
        async move {
            let deadline = Instant::now() + CONFIRM_TIMEOUT;
            timeout_at(deadline + CALLER_GRACE, self.publish_by(message, deadline))
                .await
                .unwrap_or(Err(PublishError::TimedOut))
        }
        .boxed()
    }

    fn subscribe(&self, queue: Queue, prefetch: u16) -> BoxFuture<'_, Result<Subscription, SubscribeError>> {
        async move {
            if self.shutdown.is_cancelled() {
                return Err(SubscribeError::ShuttingDown);
            }
            let prefetch = prefetch.max(1);
            let (sender, deliveries) = mpsc::channel(usize::from(prefetch));
            let gone = CancellationToken::new();
            let subscriber = Subscriber {
                dial: Arc::clone(&self.dial),
                queue,
                prefetch,
                deliveries: sender,
                shutdown: self.shutdown.clone(),
                gone: gone.clone(),
            };
            tokio::spawn(subscriber.run());
            Ok(Subscription::new(deliveries, self.shutdown.clone(), gone))
        }
        .boxed()
    }

    fn listen(&self, pattern: &str) -> Listener {
        let (heard, listener) = Listener::new();
        let (dial, shutdown) = (Arc::clone(&self.dial), self.shutdown.clone());
        tokio::spawn(Listening { dial, pattern: pattern.to_owned(), heard, shutdown }.run());
        listener
    }

    fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Acquire)
    }
}

impl fmt::Debug for RabbitBus {
    /// Without the address, which holds a password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RabbitBus").field("connected", &self.is_connected()).finish_non_exhaustive()
    }
}
