//! The task behind one subscription.
//!
//! It reads the queue over its own connection and starts over whenever that ends: connection lost, channel closed,
//! queue deleted. The subscription sees none of it but deliveries that come a second time.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};

use lapin::options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions};
use lapin::types::FieldTable;
use lapin::{Acker, Channel, Consumer};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::session::{Backoff, Dial, Session, SessionError, in_time};
use super::window::{Traffic, Window};
use super::{declare, wire};
use crate::bus::Delivery;
use crate::bus::delivery::{Answer, Verdict};
use crate::topology::Queue;

/// How long an answer may take to be written. The client can forget one that it takes up while the connection breaks.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

pub(super) struct Subscriber {
    pub(super) dial: Arc<Dial>,
    pub(super) queue: Queue,
    pub(super) prefetch: u16,
    pub(super) deliveries: mpsc::Sender<Delivery>,
    pub(super) shutdown: CancellationToken,
    /// The subscription was dropped.
    pub(super) gone: CancellationToken,
}

struct Reading {
    session: Session,
    channel: Channel,
    consumer: Consumer,
    line: Arc<Line>,
}

/// What the answers of one connection tell its reader.
#[derive(Default)]
struct Line {
    /// Cancelled by an answer that did not get through: what the broker holds unanswered comes again only over another
    /// connection.
    is_lost: CancellationToken,
    traffic: Traffic,
}

/// Why reading ended.
enum End {
    /// For good.
    Stop,
    /// To be started again.
    Broken(String),
    /// To be started again at once, with a wider window.
    Widen,
}

impl Subscriber {
    /// Runs until the subscription is dropped.
    pub(super) async fn run(self) {
        let mut backoff = Backoff::default();
        let mut window = Window::new(self.prefetch);
        loop {
            let opened = tokio::select! {
                () = self.stopped() => return,
                opened = self.open(&window) => opened,
            };
            let reason = match opened {
                Ok(reading) => {
                    let line = Arc::clone(&reading.line);
                    let end = self.forward(reading, &window, &mut backoff).await;
                    window.learn(&line.traffic);
                    match end {
                        End::Stop => return,
                        End::Widen => continue,
                        End::Broken(reason) => reason,
                    }
                }
                Err(error) => error.to_string(),
            };
            let rest = backoff.next();
            self.log_rest(&reason, rest);
            tokio::select! {
                () = self.stopped() => return,
                () = tokio::time::sleep(rest) => {}
            }
        }
    }

    async fn stopped(&self) {
        tokio::select! {
            () = self.gone.cancelled() => {}
            () = self.shutdown.cancelled() => {}
        }
    }

    fn log_rest(&self, reason: &str, rest: Duration) {
        tracing::warn!(
            queue = self.queue.name(),
            reason,
            rest_ms = rest.as_millis(),
            "not reading from RabbitMQ; trying again"
        );
    }

    async fn open(&self, window: &Window) -> Result<Reading, SessionError> {
        let session = self.dial.open(self.queue.name()).await?;
        let channel = session.channel().await?;
        in_time(declare::for_reader(&channel, &self.dial.names, self.queue)).await?;
        in_time(channel.basic_qos(window.size(), BasicQosOptions::default())).await?;
        let consuming = channel.basic_consume(
            self.dial.names.queue(self.queue),
            // The broker makes up a name.
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        );
        let consumer = in_time(consuming).await?;
        tracing::info!(queue = self.queue.name(), "reading from RabbitMQ");
        Ok(Reading { session, channel, consumer, line: Arc::default() })
    }

    async fn forward(&self, mut reading: Reading, window: &Window, backoff: &mut Backoff) -> End {
        loop {
            if window.is_too_narrow(&reading.line.traffic) {
                return End::Widen;
            }
            let delivery = tokio::select! {
                biased;
                () = self.gone.cancelled() => {
                    reading.session.close().await;
                    return End::Stop;
                }
                () = self.shutdown.cancelled() => {
                    self.let_finish(reading).await;
                    return End::Stop;
                }
                () = reading.line.is_lost.cancelled() => return End::Broken("an answer did not get through".to_owned()),
                delivery = reading.consumer.next() => delivery,
            };
            let delivery = match delivery {
                Some(Ok(delivery)) => delivery,
                Some(Err(error)) => return End::Broken(error.to_string()),
                None => return End::Broken("the broker cancelled the consumer".to_owned()),
            };
            backoff.reset();
            reading.line.traffic.delivered();
            // There is room: the broker sends no more than the prefetch. Only leftovers of a lost connection can be in
            // the way, and the reader skips those. Failing means that the subscription is gone.
            tokio::select! {
                biased;
                () = self.gone.cancelled() => {}
                () = self.shutdown.cancelled() => {}
                _ = self.deliveries.send(into_delivery(delivery, Arc::clone(&reading.line))) => {}
            }
        }
    }

    /// Takes no new deliveries, but keeps the connection so that the reader can answer those it has.
    async fn let_finish(&self, reading: Reading) {
        let Reading { session, channel, consumer, .. } = reading;
        let _answer = in_time(channel.basic_cancel(consumer.tag(), BasicCancelOptions::default())).await;
        self.gone.cancelled().await;
        session.close().await;
    }
}

fn into_delivery(delivery: lapin::message::Delivery, line: Arc<Line>) -> Delivery {
    Delivery {
        routing_key: delivery.routing_key.to_string(),
        properties: wire::from_amqp(&delivery.properties),
        body: delivery.data.into(),
        redelivered: delivery.redelivered,
        answer: Some(Box::new(RabbitAnswer { acker: delivery.acker, line })),
    }
}

struct RabbitAnswer {
    acker: Acker,
    line: Arc<Line>,
}

impl Answer for RabbitAnswer {
    fn is_live(&self) -> bool {
        self.acker.usable() && !self.line.is_lost.is_cancelled()
    }

    fn give(self: Box<Self>, verdict: Verdict) -> BoxFuture<'static, ()> {
        async move {
            let sending = async {
                match verdict {
                    Verdict::Ack => self.acker.ack(BasicAckOptions::default()).await,
                    Verdict::Requeue => self.acker.reject(BasicRejectOptions { requeue: true }).await,
                    Verdict::DeadLetter => self.acker.reject(BasicRejectOptions { requeue: false }).await,
                }
            };
            match timeout(ANSWER_TIMEOUT, sending).await {
                Ok(Ok(_)) => self.line.traffic.answered(),
                Ok(Err(error)) => tracing::debug!(%error, "an answer did not reach RabbitMQ; the message comes again"),
                Err(_) => self.line.is_lost.cancel(),
            }
        }
        .boxed()
    }

    fn forget(self: Box<Self>) {
        // Without this the broker would wait for the answer until the channel closes. Without a runtime the process is
        // ending, and the channel with it.
        if self.is_live()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(self.give(Verdict::Requeue));
        }
    }
}
