//! A bus for one test, and the small things every test of the bus needs.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use domain::{Clock, SystemClock};
use messaging::bus::{Bus, Delivery, LocalBus, Message, Properties, PublishError, RabbitBus, Subscription};
use messaging::topology::{Exchange, Queue};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::broker::Broker;

/// Longer than anything here takes on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// How long "nothing comes" is watched.
const QUIET: Duration = Duration::from_millis(400);

pub(crate) enum Stage {
    Local(Arc<LocalBus>),
    Rabbit(Arc<RabbitBus>, Broker, CancellationToken),
}

impl Stage {
    pub(crate) fn local() -> Self {
        Self::Local(LocalBus::new())
    }

    pub(crate) async fn rabbit() -> Self {
        let broker = Broker::of_this_test();
        let shutdown = CancellationToken::new();
        let bus = RabbitBus::connect_prefixed(&broker.url, "test", &broker.prefix, shutdown.clone());
        prepare(&bus, &broker).await;
        Self::Rabbit(bus, broker, shutdown)
    }

    pub(crate) fn bus(&self) -> Arc<dyn Bus> {
        match self {
            Self::Local(bus) => Arc::clone(bus) as Arc<dyn Bus>,
            Self::Rabbit(bus, ..) => Arc::clone(bus) as Arc<dyn Bus>,
        }
    }

    pub(crate) async fn subscribe(&self, queue: Queue, prefetch: u16) -> Subscription {
        self.bus().subscribe(queue, prefetch).await.expect("subscribes")
    }

    /// Publishes in the background, again and again until it is confirmed, as the relay does.
    pub(crate) fn send(&self, message: Message) -> JoinHandle<()> {
        let bus = self.bus();
        tokio::spawn(async move {
            while bus.publish(message.clone()).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
    }

    /// Publishes once, in the background.
    pub(crate) fn send_once(&self, message: Message) -> JoinHandle<Result<(), PublishError>> {
        let bus = self.bus();
        tokio::spawn(async move { bus.publish(message).await })
    }

    /// Takes a dead letter; waits for it.
    pub(crate) async fn dead_letter(&self, queue: Queue) -> Vec<u8> {
        match self {
            Self::Local(bus) => {
                eventually("a dead letter", async || {
                    let letter = bus.dead_letters().into_iter().find(|letter| letter.queue == queue)?;
                    Some(letter.message.body.to_vec())
                })
                .await
            }
            Self::Rabbit(_, broker, _) => broker.take(&format!("{}.dlq", queue.name())).await,
        }
    }
}

/// Declares the topology and leaves it empty. When publisher and reader create a queue at the same moment, RabbitMQ may
/// confirm late or never for once, which a test that publishes once cannot wait for.
pub(crate) async fn prepare(bus: &RabbitBus, broker: &Broker) {
    let keys = [
        (Exchange::TicketEvents, "tours.ticket.deleted"),
        (Exchange::MasCommands, "resume-request"),
        (Exchange::MasResults, "resume-result"),
    ];
    for (exchange, key) in keys {
        eventually("confirm", async || bus.publish(message(exchange, key, "prepare")).await.ok()).await;
    }
    broker.purge(Queue::ALL.map(Queue::name)).await;
}

pub(crate) async fn connected(bus: &dyn Bus) {
    eventually("a connection", async || bus.is_connected().then_some(())).await;
}

/// Asks until there is an answer.
pub(crate) async fn eventually<T>(what: &str, question: impl AsyncFn() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(answer) = question().await {
            return answer;
        }
        assert!(Instant::now() < end, "no {what} within {DEADLINE:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) async fn next(subscription: &mut Subscription) -> Delivery {
    timeout(DEADLINE, subscription.next()).await.expect("a delivery in time").expect("the subscription lasts")
}

pub(crate) async fn nothing_comes(subscription: &mut Subscription) {
    if let Ok(delivery) = timeout(QUIET, subscription.next()).await {
        panic!("unexpected: {delivery:?}");
    }
}

pub(crate) async fn done<T>(task: JoinHandle<T>) -> T {
    timeout(DEADLINE, task).await.expect("done in time").expect("no panic")
}

/// A ticket event; the body is the text.
pub(crate) fn event(routing_key: &str, body: impl ToString) -> Message {
    message(Exchange::TicketEvents, routing_key, body)
}

/// A MAS command; the body is the text.
pub(crate) fn command(body: impl ToString) -> Message {
    message(Exchange::MasCommands, "resume-request", body)
}

pub(crate) fn message(exchange: Exchange, routing_key: &str, body: impl ToString) -> Message {
    let properties = Properties {
        message_id: SystemClock.new_id(),
        kind: "ticket.opened".to_owned(),
        app_id: "loan-support".to_owned(),
        timestamp: DateTime::from_timestamp(1_705_941_000, 0).expect("a time"),
        content_type: "application/cloudevents+json; charset=utf-8".to_owned(),
        correlation_id: None,
        reply_to: None,
        headers: vec![("sequence".to_owned(), "00000000000000000001".to_owned())],
    };
    Message { exchange, routing_key: routing_key.to_owned(), properties, body: body.to_string().into_bytes().into() }
}

pub(crate) fn text(delivery: &Delivery) -> String {
    String::from_utf8(delivery.body().to_vec()).expect("text")
}
