//! The line with a real RabbitMQ: what MAS finds in its queue, what it may answer, and a broker that is away.
//!
//! Exchanges and queues have a prefix of the test's own, so tests on one broker keep out of each other's way.

use std::collections::BTreeMap;
use std::net::TcpListener as Port;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chassis::config::Sources;
use chassis::{Config, Context, Place, Profile, Running, Stages, start};
use domain::{Clock as _, SystemClock};
use futures_util::StreamExt as _;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, ExchangeDeleteOptions, QueueDeclareOptions,
    QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::uri::AMQPUri;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use mas_gateway::MasGateway;
use messaging::bus::RabbitBus;
use messaging::topology::{Exchange, Queue, UNROUTED_QUEUE};
use serde_json::{Value, json};
use testkit::{TestDatabase, amqp_url};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::command::schema;
use crate::{CLIENTS, TICKETS, basic, draft};

/// The service over RabbitMQ, and an operator's own connection to the broker.
struct Stage {
    url: String,
    database: TestDatabase,
    prefix: String,
    context: Context,
    running: Vec<Running>,
    _connection: Connection,
    channel: Channel,
    _data_dir: tempfile::TempDir,
}

impl Stage {
    /// `broker` is where the service looks for RabbitMQ.
    async fn set(broker: &str) -> Self {
        let prefix = format!("test-{}-", SystemClock.new_id().simple());
        let database = TestDatabase::for_service::<MasGateway>().await;
        let data_dir = tempfile::tempdir().unwrap();
        let settings = BTreeMap::from([
            ("CROSSDESK__DATA_DIR".to_owned(), data_dir.path().display().to_string()),
            ("CROSSDESK__HTTP__WORKERS".to_owned(), "1".to_owned()),
            ("CROSSDESK__MAS__CLIENTS".to_owned(), CLIENTS.clone()),
        ]);
        let sources = Sources::read(Path::new("no/such/folder"), settings).unwrap();
        let config = Config::from_sources(sources, Profile::Local).unwrap();
        let bus = RabbitBus::connect_prefixed(broker, "mas-gateway", &prefix, CancellationToken::new());
        let context = Context::new(config, Arc::new(SystemClock), bus, BTreeMap::new(), Stages::default()).unwrap();
        let listener = Port::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let place = Place { listener, database_url: Some(database.url().to_owned()) };
        let running = vec![start::<MasGateway>(&context, place).await.unwrap()];
        context.serving.store(true, Ordering::Release);
        let connection = Connection::connect(&amqp_url(), ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        Self { url, database, prefix, context, running, channel, _connection: connection, _data_dir: data_dir }
    }

    fn name(&self, name: &str) -> lapin::types::ShortString {
        format!("{}{name}", self.prefix).into()
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Value {
        let request = request.header("Authorization", basic("ocsuser", "ocsuser")).header("ProfileId", "Siebel_201");
        let answer = request.header("Request-Tracking-Id", "456").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    /// Makes the document's request and gives its transaction.
    async fn accept(&self) -> i64 {
        let post = self.context.http.post(format!("{}{TICKETS}", self.url)).json(&draft());
        self.send(post).await["transaction_id"].as_i64().unwrap()
    }

    async fn detail(&self, transaction: i64) -> Value {
        let get = self.context.http.get(format!("{}{TICKETS}/{transaction}", self.url));
        self.send(get).await["tickets"][0].clone()
    }

    /// Takes the next message of MAS's own queue, as the MAS integration would.
    async fn take_command(&self) -> Delivery {
        // RabbitMQ fails a reader of a queue that somebody else is still creating, so wait for the confirm.
        self.is_confirmed().await;
        let queue = self.name(Queue::MasResumeRequests.name());
        let options = BasicConsumeOptions::default();
        let mut commands = self.channel.basic_consume(queue, "".into(), options, FieldTable::default()).await.unwrap();
        let next = tokio::time::timeout(Duration::from_secs(20), commands.next()).await.unwrap();
        let delivery = next.unwrap().unwrap();
        delivery.ack(BasicAckOptions::default()).await.unwrap();
        delivery
    }

    async fn waiting(&self) -> i64 {
        self.database.count("SELECT count(*) FROM outgoing_messages WHERE published_at IS NULL").await
    }

    async fn is_confirmed(&self) {
        testkit::eventually("the command is confirmed", async || (self.waiting().await == 0).then_some(())).await;
    }

    async fn answer(&self, exchange: &str, routing_key: lapin::types::ShortString, body: &Value) {
        let properties = BasicProperties::default().with_content_type("application/json".into()).with_delivery_mode(2);
        let exchange = if exchange.is_empty() { "".into() } else { self.name(exchange) };
        let options = BasicPublishOptions::default();
        let body = body.to_string();
        let sent = self.channel.basic_publish(exchange, routing_key, options, body.as_bytes(), properties).await;
        sent.unwrap().await.unwrap();
    }

    /// Stops the service and takes everything of this test from the broker: quorum queues cost memory.
    async fn clear(mut self) {
        Running::stop_all(std::mem::take(&mut self.running), &self.context).await;
        for queue in Queue::ALL.map(Queue::name) {
            for name in [queue.to_owned(), format!("{queue}.dlq")] {
                self.channel.queue_delete(self.name(&name), QueueDeleteOptions::default()).await.unwrap();
            }
        }
        self.channel.queue_delete(self.name(UNROUTED_QUEUE), QueueDeleteOptions::default()).await.unwrap();
        for exchange in [
            Exchange::TicketEvents,
            Exchange::TicketUnrouted,
            Exchange::TicketDlx,
            Exchange::MasCommands,
            Exchange::MasResults,
        ] {
            let name = self.name(exchange.name());
            self.channel.exchange_delete(name, ExchangeDeleteOptions::default()).await.unwrap();
        }
    }
}

fn check_properties(command: &Delivery, transaction: i64) {
    let properties = &command.properties;
    let text = |value: &Option<lapin::types::ShortString>| value.as_ref().map(|text| text.as_str().to_owned());
    assert_eq!(text(properties.content_type()).as_deref(), Some("application/json"));
    assert_eq!(properties.delivery_mode(), &Some(2));
    assert_eq!(text(properties.kind()).as_deref(), Some("mas.resume-request"));
    assert_eq!(text(properties.message_id()).as_deref(), Some("5e3b4036-7ca2-5e02-b4e3-d1822369bc95"));
    assert_eq!(text(properties.correlation_id()), Some(transaction.to_string()));
    assert_eq!(text(properties.reply_to()).as_deref(), Some("mas.resume-results"));
    assert_eq!(text(properties.app_id()).as_deref(), Some("mas-gateway"));
    let headers = properties.headers().as_ref().unwrap().inner();
    assert_eq!(headers.len(), 1, "{headers:?}");
    let traceparent = headers.get("traceparent").unwrap();
    assert!(
        matches!(traceparent, AMQPValue::LongString(text) if text.to_string().starts_with("00-")),
        "{traceparent:?}"
    );
    let body: Value = serde_json::from_slice(&command.data).unwrap();
    assert!(schema().is_valid(&body), "{body}");
    let accepted: chrono::DateTime<chrono::Utc> = body["accepted_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(properties.timestamp(), &Some(accepted.timestamp() as u64));
    assert_eq!(
        (&body["transaction_id"], &body["requestor_info"]["phone"]),
        (&json!(transaction), &json!("9874564566"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mas_finds_the_request_in_its_queue_and_its_answer_closes_the_ticket() {
    let stage = Stage::set(&amqp_url()).await;
    let transaction = stage.accept().await;
    let command = stage.take_command().await;
    assert_eq!((command.routing_key.as_str(), command.redelivered), ("resume-request", false));
    check_properties(&command, transaction);

    stage
        .answer("mas.results", "resume-result".into(), &json!({"transaction_id": transaction, "outcome": "rejected"}))
        .await;
    testkit::eventually("the rejection", async || {
        (stage.detail(transaction).await["completion_code"] == "rejected").then_some(())
    })
    .await;
    // Straight to the queue is the same (events, section 1).
    let done = json!({"transaction_id": transaction, "outcome": "completed", "detail": "Service resumed"});
    stage.answer("", stage.name("mas.resume-results"), &done).await;
    testkit::eventually("the completion", async || {
        let detail = stage.detail(transaction).await;
        (detail["status"] == "CLOSED" && detail["completed_description"] == "Service resumed").then_some(())
    })
    .await;
    stage.answer("", stage.name("mas.resume-results"), &json!({"transaction_id": 1, "outcome": "completed"})).await;
    let dead = async || {
        let passive = QueueDeclareOptions { passive: true, ..Default::default() };
        let queue = stage.channel.queue_declare(stage.name("mas.resume-results.dlq"), passive, FieldTable::default());
        (queue.await.unwrap().message_count() == 1).then_some(())
    };
    testkit::eventually("the unknown transaction is dead-lettered", dead).await;
    stage.clear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_delays_the_command_and_refuses_nothing() {
    // Nobody listens there until the test lets the way to the broker begin.
    let port = Port::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut uri: AMQPUri = amqp_url().parse().unwrap();
    let broker = (uri.authority.host.clone(), uri.authority.port);
    uri.authority.host = "127.0.0.1".to_owned();
    uri.authority.port = port;
    let stage = Stage::set(&uri.to_string()).await;
    let transaction = stage.accept().await;
    assert_eq!(stage.accept().await, transaction, "the same request is the same, with or without a broker");
    assert_eq!(stage.detail(transaction).await["status"], "OPEN");
    let ready = stage.context.http.get(format!("{}/readyz", stage.url)).send().await.unwrap();
    assert_eq!(ready.status(), 200, "and the service is ready all the time");
    assert_eq!(stage.waiting().await, 1);

    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let broker = broker.clone();
            tokio::spawn(async move {
                let mut broker = TcpStream::connect(broker).await.unwrap();
                let _ended = tokio::io::copy_bidirectional(&mut client, &mut broker).await;
            });
        }
    });
    check_properties(&stage.take_command().await, transaction);
    stage.clear().await;
}
