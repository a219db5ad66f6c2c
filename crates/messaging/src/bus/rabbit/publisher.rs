//! The task that owns the publishing connection.
//!
//! One task and one channel: confirms come back in one place, where returned messages can be told apart (see
//! `in_flight`), and a confirm that does not come condemns exactly one channel. While there is no connection, messages
//! are refused at once: the relay has its own schedule, and the event log is the queue.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{Channel, Event};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::in_flight::{InFlight, Reply};
use super::session::{Backoff, Dial, Session, SessionError, in_time};
use super::{declare, wire};
use crate::bus::{Message, PublishError};
use crate::topology::Exchange;

/// Unconfirmed messages on the channel; more wait their turn. Far above what one relay has in flight.
const MAX_IN_FLIGHT: usize = 1024;

/// A message somebody waits to see confirmed.
pub(super) struct Request {
    pub(super) message: Message,
    pub(super) deadline: Instant,
    pub(super) reply: Reply,
}

/// Why a session ended.
enum End {
    /// Nobody can publish any more: the bus was dropped.
    Dropped,
    /// To be built again.
    Broken(String),
}

pub(super) struct Publisher {
    dial: Arc<Dial>,
    connected: Arc<AtomicBool>,
    requests: mpsc::Receiver<Request>,
    /// The exchanges published to so far: their queues are declared in each session.
    exchanges: BTreeSet<Exchange>,
    backoff: Backoff,
}

impl Publisher {
    pub(super) fn new(dial: Arc<Dial>, connected: Arc<AtomicBool>, requests: mpsc::Receiver<Request>) -> Self {
        Self { dial, connected, requests, exchanges: BTreeSet::new(), backoff: Backoff::default() }
    }

    /// Runs until the bus is dropped.
    pub(super) async fn run(mut self) {
        loop {
            let dial = Arc::clone(&self.dial);
            let exchanges = self.exchanges.clone();
            let opening = open(&dial, &exchanges);
            let Some(opened) = refuse_while(&mut self.requests, opening).await else { return };
            let reason = match opened {
                Ok((session, channel)) => match self.serve(session, channel).await {
                    End::Dropped => return,
                    End::Broken(reason) => reason,
                },
                Err(error) => error.to_string(),
            };
            let rest = self.backoff.next();
            log_rest(&reason, rest);
            if refuse_while(&mut self.requests, tokio::time::sleep(rest)).await.is_none() {
                return;
            }
        }
    }

    async fn serve(&mut self, session: Session, channel: Channel) -> End {
        let mut in_flight = InFlight::default();
        self.connected.store(true, Ordering::Release);
        let end = self.publish_until_broken(&session, &channel, &mut in_flight).await;
        self.connected.store(false, Ordering::Release);
        match &end {
            End::Dropped => session.close().await,
            // Closing the channel politely would wait for a broker that did not answer in time. Closing the connection
            // closes its channel, and what was not confirmed is published again.
            End::Broken(reason) => {
                drop(session);
                in_flight.give_up(Instant::now(), reason);
            }
        }
        end
    }

    async fn publish_until_broken(&mut self, session: &Session, channel: &Channel, in_flight: &mut InFlight) -> End {
        let mut broken = pin!(first_error(session.connection.events_listener()));
        loop {
            let deadline = in_flight.deadline();
            tokio::select! {
                biased;
                settled = in_flight.settle() => {
                    if settled.broken {
                        return End::Broken("the channel closed".to_owned());
                    }
                    // Messages get through, so the connection is worth coming back to soon.
                    self.backoff.reset();
                    if settled.returned {
                        // The new session declares everything again. Declaring on this one would not do: the broker's
                        // side of a channel remembers deleted queues for a while and confirms nothing for their heirs.
                        return End::Broken("a message was returned, so a queue is missing".to_owned());
                    }
                }
                reason = &mut broken => return End::Broken(reason),
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    return End::Broken("a confirm did not come in time".to_owned());
                }
                request = self.requests.recv(), if in_flight.len() < MAX_IN_FLIGHT => {
                    let Some(request) = request else { return End::Dropped };
                    if let Err(reason) = self.publish(session, channel, in_flight, request).await {
                        return End::Broken(reason);
                    }
                }
            }
        }
    }

    /// Sends one message; fails if the session is of no more use.
    async fn publish(
        &mut self,
        session: &Session,
        channel: &Channel,
        in_flight: &mut InFlight,
        request: Request,
    ) -> Result<(), String> {
        let Request { message, deadline, reply } = request;
        if session.connection.status().blocked() || !wire::fits(&message.routing_key, &message.properties) {
            // Blocked: memory or disk of the broker is short, and it reads nothing from us.
            let _unheard = reply.send(Err(PublishError::Refused));
            return Ok(());
        }
        let sending = async {
            if self.exchanges.insert(message.exchange) {
                declare::for_publisher(channel, &self.dial.names, message.exchange).await?;
            }
            let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
            let exchange = self.dial.names.exchange(message.exchange);
            let properties = wire::to_amqp(&message.properties);
            channel
                .basic_publish(exchange, message.routing_key.as_str().into(), options, &message.body, properties)
                .await
        };
        match timeout_at(deadline, sending).await {
            #[cfg(feature = "bug-no-confirm")]
            Ok(Ok(_)) if storage::bugs::is_active("no-confirm") => {
                let _unheard = reply.send(Ok(()));
                Ok(())
            }
            Ok(Ok(confirm)) => {
                in_flight.add(message.properties.message_id, deadline, confirm, reply);
                Ok(())
            }
            Ok(Err(error)) => {
                let _unheard = reply.send(Err(PublishError::Disconnected(error.to_string())));
                Err(error.to_string())
            }
            Err(_) => {
                let _unheard = reply.send(Err(PublishError::TimedOut));
                Err("the broker takes no messages".to_owned())
            }
        }
    }
}

async fn open(dial: &Dial, exchanges: &BTreeSet<Exchange>) -> Result<(Session, Channel), SessionError> {
    let session = dial.open("publisher").await?;
    let channel = session.channel().await?;
    in_time(channel.confirm_select(ConfirmSelectOptions::default())).await?;
    in_time(declare_all(&channel, dial, exchanges)).await?;
    tracing::info!("publishing over RabbitMQ");
    Ok((session, channel))
}

fn log_rest(reason: &str, rest: Duration) {
    tracing::warn!(reason, rest_ms = rest.as_millis(), "no publishing connection to RabbitMQ; trying again");
}

async fn declare_all(channel: &Channel, dial: &Dial, exchanges: &BTreeSet<Exchange>) -> lapin::Result<()> {
    for exchange in exchanges {
        declare::for_publisher(channel, &dial.names, *exchange).await?;
    }
    Ok(())
}

/// Answers "not connected" to every message until `work` is done. `None` if the bus was dropped.
async fn refuse_while<T>(requests: &mut mpsc::Receiver<Request>, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Some(done),
            request = requests.recv() => {
                let error = PublishError::Disconnected("no connection to the broker".to_owned());
                let _unheard = request?.reply.send(Err(error));
            }
        }
    }
}

/// Resolves when the connection fails, also while nothing is published.
async fn first_error(events: impl Stream<Item = Event>) -> String {
    let mut events = pin!(events);
    while let Some(event) = events.next().await {
        if let Event::Error(error) = event {
            return error.to_string();
        }
        log_change(&event);
    }
    "the connection closed".to_owned()
}

fn log_change(event: &Event) {
    if let Event::ConnectionBlocked(reason) = event {
        tracing::warn!(reason, "RabbitMQ takes no messages for now");
    } else if matches!(event, Event::ConnectionUnblocked) {
        tracing::info!("RabbitMQ takes messages again");
    }
}
