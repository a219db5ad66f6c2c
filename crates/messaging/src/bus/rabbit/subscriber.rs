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
use super::{declare, depth, wire};
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
    link: Arc<Link>,
}

/// What the answers of one connection tell its reader.
#[derive(Default)]
struct Link {
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
    /// To be started again at once, with a wider window. What is unanswered then comes a second time. Waiting until nothing
    /// is would be waiting for the end of the backlog, which is what the wider window is for; and it is at most eight
    /// times after a bad spell, each after `window::PROOF` windows of answers, so it is far from the delivery limit.
    Widen,
}

/// Why no more deliveries are taken.
enum Ended {
    /// The subscription was dropped.
    Gone,
    /// The process stops.
    Shutdown,
    Because(End),
}

impl Subscriber {
    /// Runs until the subscription is dropped.
    pub(super) async fn run(self) {
        depth::begin(&self.dial, self.queue);
        let mut backoff = Backoff::default();
        let mut window = Window::new(self.prefetch);
        loop {
            let opened = tokio::select! {
                () = self.stopped() => return,
                opened = self.open(&window) => opened,
            };
            let reason = match opened {
                Ok(reading) => {
                    let link = Arc::clone(&reading.link);
                    let end = self.read(reading, &window).await;
                    window.learn(&link.traffic);
                    // A delivery alone says nothing: over a link on which no answer gets through each one is in vain.
                    if link.traffic.has_answers() {
                        backoff.reset();
                    }
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
        Ok(Reading { session, channel, consumer, link: Arc::default() })
    }

    /// Reads until that ends, and looks at the queue from time to time meanwhile.
    async fn read(&self, mut reading: Reading, window: &Window) -> End {
        let ended = tokio::select! {
            ended = self.forward(&mut reading.consumer, &reading.link, window) => ended,
            never = depth::measure(&reading.session, &self.dial, self.queue) => match never {},
        };
        match ended {
            Ended::Because(end) => return end,
            Ended::Gone => reading.session.close().await,
            Ended::Shutdown => self.let_finish(reading).await,
        }
        End::Stop
    }

    async fn forward(&self, consumer: &mut Consumer, link: &Arc<Link>, window: &Window) -> Ended {
        let broken = |reason: &str| Ended::Because(End::Broken(reason.to_owned()));
        loop {
            if window.is_too_narrow(&link.traffic) {
                return Ended::Because(End::Widen);
            }
            let delivery = tokio::select! {
                biased;
                () = self.gone.cancelled() => return Ended::Gone,
                () = self.shutdown.cancelled() => return Ended::Shutdown,
                () = link.is_lost.cancelled() => return broken("an answer did not get through"),
                delivery = consumer.next() => delivery,
            };
            let delivery = match delivery {
                Some(Ok(delivery)) => delivery,
                Some(Err(error)) => return broken(&error.to_string()),
                None => return broken("the broker cancelled the consumer"),
            };
            link.traffic.delivered();
            // There is room: the broker sends no more than the prefetch. Only leftovers of a lost connection can be in
            // the way, and the reader skips those. Failing means that the subscription is gone.
            tokio::select! {
                biased;
                () = self.gone.cancelled() => {}
                () = self.shutdown.cancelled() => {}
                _ = self.deliveries.send(into_delivery(delivery, Arc::clone(link))) => {}
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

fn into_delivery(delivery: lapin::message::Delivery, link: Arc<Link>) -> Delivery {
    Delivery {
        routing_key: delivery.routing_key.to_string(),
        properties: wire::from_amqp(&delivery.properties),
        body: delivery.data.into(),
        redelivered: delivery.redelivered,
        answer: Some(Box::new(RabbitAnswer { acker: delivery.acker, link })),
    }
}

struct RabbitAnswer {
    acker: Acker,
    link: Arc<Link>,
}

impl Answer for RabbitAnswer {
    fn is_live(&self) -> bool {
        self.acker.usable() && !self.link.is_lost.is_cancelled()
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
                Ok(Ok(true)) => self.link.traffic.answered(),
                Ok(Ok(false)) => {
                    tracing::debug!("an answer was not sent: its channel is gone; the message comes again")
                }
                Ok(Err(error)) => tracing::debug!(%error, "an answer did not reach RabbitMQ; the message comes again"),
                Err(_) => self.link.is_lost.cancel(),
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
