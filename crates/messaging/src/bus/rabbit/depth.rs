//! How full queues are and whether anybody reads them, asked of the broker.
//!
//! A counter at a reader misses what the broker does by itself: it dead-letters a message that was delivered too often,
//! and takes events to the unrouted queue when a reader's queue was deleted. So each reader also looks at the queues
//! that [`Queue::watched_by_reader`] gives it, over its own connection but a channel of its own: asking for a queue that
//! is missing closes the channel.

use std::convert::Infallible;
use std::time::Duration;

use lapin::Channel;
use lapin::ErrorKind;
use lapin::options::QueueDeclareOptions;
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::types::{FieldTable, ShortString};
use metrics::gauge;
use telemetry::names::{QUEUE_CONSUMERS, QUEUE_MESSAGES};
use tokio::time::MissedTickBehavior;

use super::session::{Dial, Session, SessionError, in_time};
use crate::topology::{Queue, UNROUTED_QUEUE, Watched};

/// How often the broker is asked: once for each time that metrics are usually read.
const EVERY: Duration = Duration::from_secs(15);

/// Says that nothing is known yet of the queues of the reader of `queue`.
pub(super) fn begin(dial: &Dial, queue: Queue) {
    drop(Forget(&Place::of_reader(queue, dial)));
}

/// Looks at the queues of the reader of `queue` for as long as it is polled.
pub(super) async fn measure(session: &Session, dial: &Dial, queue: Queue) -> Infallible {
    let places = Place::of_reader(queue, dial);
    let forgotten = Forget(&places);
    let mut channel = None;
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        for place in forgotten.0 {
            match place.ask(session, &mut channel).await {
                Ok((messages, consumers)) => place.tell(messages.into(), consumers.into()),
                Err(error) => {
                    channel = None;
                    if is_missing(&error) {
                        place.tell(0.0, 0.0);
                    } else {
                        tracing::debug!(queue = place.name, %error, "a queue could not be measured");
                        place.tell(f64::NAN, f64::NAN);
                    }
                }
            }
        }
    }
}

/// A queue on the broker.
struct Place {
    service: String,
    /// What the metric calls it: its name without the installation's prefix.
    name: String,
    on_broker: ShortString,
    /// Whether somebody should read it.
    has_reader: bool,
}

impl Place {
    fn of_reader(queue: Queue, dial: &Dial) -> Vec<Self> {
        queue.watched_by_reader().iter().flat_map(|watched| Self::all(*watched, dial)).collect()
    }

    fn all(watched: Watched, dial: &Dial) -> Vec<Self> {
        let place =
            |name: String, on_broker, has_reader| Self { service: dial.service.clone(), name, on_broker, has_reader };
        match watched {
            Watched::Unrouted => vec![place(UNROUTED_QUEUE.to_owned(), dial.names.unrouted_queue(), false)],
            Watched::WithDeadLetters(queue) => vec![
                place(queue.name().to_owned(), dial.names.queue(queue), true),
                place(format!("{}.dlq", queue.name()), dial.names.dead_letter_queue(queue), false),
            ],
        }
    }

    /// Messages that wait, and readers.
    async fn ask(&self, session: &Session, channel: &mut Option<Channel>) -> Result<(u32, u32), SessionError> {
        let channel = match channel {
            Some(channel) => channel,
            none => none.insert(session.channel().await?),
        };
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let found = in_time(channel.queue_declare(self.on_broker.clone(), options, FieldTable::default())).await?;
        Ok((found.message_count(), found.consumer_count()))
    }

    fn tell(&self, messages: f64, consumers: f64) {
        let (service, queue) = (self.service.clone(), self.name.clone());
        if self.has_reader {
            gauge!(QUEUE_CONSUMERS, "service" => service.clone(), "queue" => queue.clone()).set(consumers);
        }
        gauge!(QUEUE_MESSAGES, "service" => service, "queue" => queue).set(messages);
    }
}

/// Says that nothing is known: the last number of a lost connection would stay for ever.
struct Forget<'a>(&'a [Place]);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.0.iter().for_each(|place| place.tell(f64::NAN, f64::NAN));
    }
}

fn is_missing(error: &SessionError) -> bool {
    let SessionError::Amqp(error) = error else { return false };
    matches!(error.kind(), ErrorKind::ProtocolError(said) if *said.kind() == AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND))
}
