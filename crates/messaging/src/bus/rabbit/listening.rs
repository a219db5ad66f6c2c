//! The task behind one listener: a queue of its own that the broker forgets with the connection.

use std::sync::Arc;

use futures_util::StreamExt;
use lapin::Channel;
use lapin::options::{BasicConsumeOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, LongString};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::declare;
use super::session::{Backoff, Dial, Session, SessionError, in_time};
use crate::bus::Heard;
use crate::topology::Exchange;

/// Events the broker keeps for a listener that is slow; then it drops the oldest.
const MAX_WAITING: i64 = 10_000;

pub(super) struct Listening {
    pub(super) dial: Arc<Dial>,
    pub(super) pattern: String,
    pub(super) heard: mpsc::Sender<Heard>,
    pub(super) shutdown: CancellationToken,
}

impl Listening {
    /// Runs until the listener is dropped or the bus shuts down.
    pub(super) async fn run(self) {
        let mut backoff = Backoff::default();
        loop {
            let ended = tokio::select! {
                () = self.shutdown.cancelled() => return,
                () = self.heard.closed() => return,
                ended = self.listen(&mut backoff) => ended,
            };
            if let Err(error) = ended {
                tracing::debug!(pattern = self.pattern, %error, "not listening to RabbitMQ; trying again");
            }
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                () = self.heard.closed() => return,
                () = tokio::time::sleep(backoff.next()) => {}
            }
        }
    }

    async fn listen(&self, backoff: &mut Backoff) -> Result<(), SessionError> {
        let session = self.dial.open("listener").await?;
        let channel = session.channel().await?;
        let queue = self.declare(&channel).await?;
        let options = BasicConsumeOptions { no_ack: true, exclusive: true, ..BasicConsumeOptions::default() };
        let mut consumer = in_time(channel.basic_consume(queue, "".into(), options, FieldTable::default())).await?;
        backoff.reset();
        while let Some(delivery) = consumer.next().await {
            let delivery = delivery?;
            let heard = Heard { routing_key: delivery.routing_key.to_string(), body: delivery.data.into() };
            if self.heard.send(heard).await.is_err() {
                break;
            }
        }
        Session::close(session).await;
        Ok(())
    }

    async fn declare(&self, channel: &Channel) -> Result<lapin::types::ShortString, SessionError> {
        let names = &self.dial.names;
        in_time(declare::exchange_and_alternate(channel, names, Exchange::TicketEvents)).await?;
        let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
        let mut arguments = FieldTable::default();
        arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(MAX_WAITING));
        arguments.insert("x-overflow".into(), AMQPValue::LongString(LongString::from("drop-head")));
        // The broker makes up a name.
        let queue = in_time(channel.queue_declare("".into(), options, arguments)).await?;
        let name = queue.name().clone();
        let exchange = names.exchange(Exchange::TicketEvents);
        let binding = channel.queue_bind(
            name.clone(),
            exchange,
            self.pattern.as_str().into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        );
        in_time(binding).await?;
        Ok(name)
    }
}
