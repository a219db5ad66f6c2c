//! The arguments in the document are those that the program declares: RabbitMQ refuses to declare a thing again with others.

use lapin::options::{ExchangeDeclareOptions, ExchangeDeleteOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, Connection, ConnectionProperties, ExchangeKind};
use messaging::bus::{Bus as _, RabbitBus};
use messaging::topology::Queue;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

/// Names another exchange or queue, so the test's prefix belongs before it.
const NAMES: [&str; 3] = ["alternate-exchange", "x-dead-letter-exchange", "x-dead-letter-routing-key"];

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "tests get their node from the environment")]
async fn a_broker_accepts_the_documented_arguments_and_no_others() {
    let url = std::env::var("TEST_AMQP_URL").unwrap();
    let prefix = format!("docs-{}-", domain::Clock::new_id(&domain::SystemClock).simple());
    let stop = CancellationToken::new();
    let bus = RabbitBus::connect_prefixed(&url, "docs", &prefix, stop.clone());
    let mut readers = Vec::new();
    for queue in Queue::ALL {
        readers.push(bus.subscribe(queue, 1).await.unwrap());
    }
    let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
    for queue in docs::queues() {
        testkit::eventually("the program has declared its queues", async || {
            let channel = connection.create_channel().await.unwrap();
            let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
            channel.queue_declare(named(&prefix, &queue.name), passive, FieldTable::default()).await.ok()
        })
        .await;
    }
    let mut refused = Vec::new();
    for queue in docs::queues() {
        if !accepts(&connection, &prefix, &queue.name, &queue.arguments).await {
            refused.push(queue.name.clone());
        }
        let mut other = queue.arguments.clone();
        other.insert("x-max-length".to_owned(), Value::from(5));
        assert!(!accepts(&connection, &prefix, &queue.name, &other).await, "{} with other arguments", queue.name);
    }
    for exchange in docs::exchanges() {
        if !accepts_exchange(&connection, &prefix, &exchange).await {
            refused.push(exchange.name.clone());
        }
    }
    stop.cancel();
    drop(readers);
    clean_up(&connection, &prefix).await;
    assert_eq!(refused, Vec::<String>::new(), "declared by the program in another way");
}

async fn accepts(connection: &Connection, prefix: &str, name: &str, arguments: &Map<String, Value>) -> bool {
    let channel = connection.create_channel().await.unwrap();
    let there = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(named(prefix, name), there, FieldTable::default()).await.unwrap();
    let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(named(prefix, name), options, table(prefix, arguments)).await.is_ok()
}

async fn accepts_exchange(connection: &Connection, prefix: &str, exchange: &docs::Declared) -> bool {
    let channel: Channel = connection.create_channel().await.unwrap();
    let kind = match exchange.kind {
        "topic" => ExchangeKind::Topic,
        "fanout" => ExchangeKind::Fanout,
        _ => ExchangeKind::Direct,
    };
    let name = named(prefix, &exchange.name);
    let there = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare(name.clone(), kind.clone(), there, FieldTable::default()).await.unwrap();
    let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare(name, kind, options, table(prefix, &exchange.arguments)).await.is_ok()
}

async fn clean_up(connection: &Connection, prefix: &str) {
    let channel = connection.create_channel().await.unwrap();
    for queue in docs::queues() {
        channel.queue_delete(named(prefix, &queue.name), QueueDeleteOptions::default()).await.unwrap();
    }
    for exchange in docs::exchanges() {
        channel.exchange_delete(named(prefix, &exchange.name), ExchangeDeleteOptions::default()).await.unwrap();
    }
}

fn named(prefix: &str, name: &str) -> ShortString {
    format!("{prefix}{name}").into()
}

fn table(prefix: &str, arguments: &Map<String, Value>) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in arguments {
        let value = match value {
            Value::Bool(value) => AMQPValue::Boolean(*value),
            Value::Number(number) => AMQPValue::LongLongInt(number.as_i64().unwrap()),
            Value::String(text) if NAMES.contains(&name.as_str()) => {
                AMQPValue::LongString(format!("{prefix}{text}").into())
            }
            other => AMQPValue::LongString(other.as_str().unwrap().into()),
        };
        table.insert(name.as_str().into(), value);
    }
    table
}
