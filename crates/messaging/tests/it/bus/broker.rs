//! The RabbitMQ node of the tests, seen by an operator: a client of its own that knows nothing of the bus.

use std::mem::ManuallyDrop;
use std::time::Duration;

use domain::{Clock, SystemClock};
use futures_util::StreamExt;
use lapin::message::BasicGetMessage;
use lapin::options::{
    BasicConsumeOptions, BasicGetOptions, ExchangeDeclareOptions, ExchangeDeleteOptions, QueueDeclareOptions,
    QueueDeleteOptions, QueuePurgeOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::uri::AMQPUri;
use lapin::{Channel, Connection, ConnectionProperties, ExchangeKind};
use messaging::topology::{Exchange, Queue, UNROUTED_QUEUE};
use tokio::time::timeout;

use super::stage::eventually;

/// A queue that says nothing for so long is empty.
const QUIET: Duration = Duration::from_secs(1);

pub(crate) struct Broker {
    pub(crate) url: String,
    pub(crate) prefix: String,
}

impl Drop for Broker {
    /// Quorum queues cost memory, and a node that runs short of it blocks every publisher.
    fn drop(&mut self) {
        let broker = Self { url: self.url.clone(), prefix: self.prefix.clone() };
        let cleaning = std::thread::spawn(move || {
            let broker = ManuallyDrop::new(broker);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(broker.delete_everything());
        });
        // Whoever is left without the clean-up has a failed test to look at anyway.
        let _outcome = cleaning.join();
    }
}

impl Broker {
    #[expect(clippy::disallowed_methods, reason = "tests get their node from the environment")]
    pub(crate) fn of_this_test() -> Self {
        let url = std::env::var("TEST_AMQP_URL").expect("TEST_AMQP_URL names a RabbitMQ node for tests");
        Self { url, prefix: format!("test-{}-", SystemClock.new_id().simple()) }
    }

    /// The same node at another address of this machine.
    pub(crate) fn url_at(&self, port: u16) -> String {
        let mut uri: AMQPUri = self.url.parse().expect("a valid URL");
        uri.authority.host = "127.0.0.1".to_owned();
        uri.authority.port = port;
        uri.to_string()
    }

    pub(crate) fn address(&self) -> (String, u16) {
        let uri: AMQPUri = self.url.parse().expect("a valid URL");
        (uri.authority.host, uri.authority.port)
    }

    /// A channel; it closes with its connection, so both are returned.
    pub(crate) async fn channel(&self) -> (Connection, Channel) {
        let connection = Connection::connect(&self.url, ConnectionProperties::default()).await.expect("connects");
        let channel = connection.create_channel().await.expect("a channel");
        (connection, channel)
    }

    pub(crate) async fn delete_queue(&self, name: &str) {
        let (_connection, channel) = self.channel().await;
        channel.queue_delete(self.name(name), QueueDeleteOptions::default()).await.expect("deletes");
    }

    async fn delete_everything(&self) {
        let (_connection, channel) = self.channel().await;
        for queue in Queue::ALL.map(Queue::name) {
            channel.queue_delete(self.name(queue), QueueDeleteOptions::default()).await.expect("deletes");
            channel
                .queue_delete(self.name(&format!("{queue}.dlq")), QueueDeleteOptions::default())
                .await
                .expect("deletes");
        }
        channel.queue_delete(self.name(UNROUTED_QUEUE), QueueDeleteOptions::default()).await.expect("deletes");
        let exchanges = [
            Exchange::TicketEvents,
            Exchange::TicketUnrouted,
            Exchange::TicketDlx,
            Exchange::MasCommands,
            Exchange::MasResults,
        ];
        for exchange in exchanges.map(Exchange::name) {
            channel.exchange_delete(self.name(exchange), ExchangeDeleteOptions::default()).await.expect("deletes");
        }
    }

    pub(crate) async fn purge(&self, queues: impl IntoIterator<Item = &str>) {
        let (_connection, channel) = self.channel().await;
        for queue in queues {
            channel.queue_purge(self.name(queue), QueuePurgeOptions::default()).await.expect("purges");
        }
    }

    /// Takes a message from a queue; waits for it.
    pub(crate) async fn take(&self, queue: &str) -> Vec<u8> {
        let (_connection, channel) = self.channel().await;
        let channel = &channel;
        eventually("message", async || {
            let got = channel.basic_get(self.name(queue), BasicGetOptions { no_ack: true }).await.expect("gets");
            got.map(|BasicGetMessage { delivery, .. }| delivery.data)
        })
        .await
    }

    /// Takes every message of a queue, by reading it until it is quiet: RabbitMQ has no `get` for a queue with a single
    /// active consumer.
    pub(crate) async fn drain(&self, queue: &str) -> Vec<Vec<u8>> {
        let (_connection, channel) = self.channel().await;
        let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let mut consumer =
            channel.basic_consume(self.name(queue), "".into(), options, FieldTable::default()).await.expect("consumes");
        let mut bodies = Vec::new();
        while let Ok(Some(delivery)) = timeout(QUIET, consumer.next()).await {
            bodies.push(delivery.expect("a delivery").data);
        }
        bodies
    }

    /// Whether the broker accepts this as what is already there. `prefix+` in a text stands for the test's prefix.
    pub(crate) async fn accepts_queue(&self, name: &str, arguments: &[(&str, AMQPValue)]) -> bool {
        let (_connection, channel) = self.channel().await;
        let there = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(self.name(name), there, FieldTable::default()).await.expect("the queue is there");
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(self.name(name), options, self.table(arguments)).await.is_ok()
    }

    pub(crate) async fn accepts_exchange(
        &self,
        name: &str,
        kind: ExchangeKind,
        arguments: &[(&str, AMQPValue)],
    ) -> bool {
        let (_connection, channel) = self.channel().await;
        let there = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
        channel
            .exchange_declare(self.name(name), kind.clone(), there, FieldTable::default())
            .await
            .expect("the exchange is there");
        let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        channel.exchange_declare(self.name(name), kind, options, self.table(arguments)).await.is_ok()
    }

    fn name(&self, name: &str) -> lapin::types::ShortString {
        format!("{}{name}", self.prefix).into()
    }

    fn table(&self, arguments: &[(&str, AMQPValue)]) -> FieldTable {
        let mut table = FieldTable::default();
        for (name, value) in arguments {
            let mut value = value.clone();
            if let AMQPValue::LongString(text) = &mut value {
                *text = text.to_string().replace("prefix+", &self.prefix).into();
            }
            table.insert((*name).into(), value);
        }
        table
    }
}
