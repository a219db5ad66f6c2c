//! The service as a program that is killed at the worst moment: its command to MAS is never lost.
//!
//! Each test reads a queue of its own beside the real one, so it takes nobody's messages.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Clock as _, SystemClock};
use futures_util::StreamExt as _;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Connection, ConnectionProperties, Consumer, ExchangeKind};
use mas_gateway::MasGateway;
use serde_json::Value;
use testkit::{Process, TestDatabase, amqp_url};

use crate::{TICKETS, draft};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mas-gateway");

/// A database, a reader of the broker's commands, and the service to be killed.
struct Stage {
    database: TestDatabase,
    secrets: tempfile::TempDir,
    commands: Consumer,
    /// Of this test alone: tests side by side use the same exchange.
    tracking_id: String,
    _connection: Connection,
}

impl Stage {
    async fn set() -> Self {
        let (connection, commands) = read_commands().await.unwrap();
        Self {
            database: TestDatabase::for_service::<MasGateway>().await,
            secrets: tempfile::tempdir().unwrap(),
            commands,
            tracking_id: SystemClock.new_id().to_string(),
            _connection: connection,
        }
    }

    /// Starts the service; it stops where a crash point says so.
    async fn service(&self, crash_points: &str) -> Process {
        let settings = BTreeMap::from([
            ("CROSSDESK__DATABASE__URL", self.database.url().to_owned()),
            ("CROSSDESK__AMQP__URL", amqp_url()),
            ("FAILPOINTS", crash_points.to_owned()),
        ]);
        Process::start(PROGRAM, self.secrets.path(), settings).await
    }

    /// Makes the document's request, as the sample user, and gives its transaction.
    async fn accept(&self, service: &Process) -> i64 {
        let request = reqwest::Client::builder().build().unwrap().post(format!("{}{TICKETS}", service.url));
        let request = request.header("Authorization", "Basic b2NzdXNlcjpvY3N1c2Vy").header("ProfileId", "Siebel_201");
        let answer = request.header("Request-Tracking-Id", &self.tracking_id).json(&draft()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json::<Value>().await.unwrap()["transaction_id"].as_i64().unwrap()
    }

    /// Reads until this test's command comes.
    async fn command(&mut self) -> (Delivery, Value) {
        let reading = async {
            loop {
                let delivery = self.commands.next().await.unwrap().unwrap();
                delivery.ack(BasicAckOptions::default()).await.unwrap();
                let body: Value = serde_json::from_slice(&delivery.data).unwrap();
                if body["request_tracking_id"] == self.tracking_id.as_str() {
                    return (delivery, body);
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), reading).await.unwrap()
    }

    async fn waiting(&self) -> i64 {
        self.database.count("SELECT count(*) FROM outgoing_messages WHERE published_at IS NULL").await
    }

    async fn is_marked(&self) {
        testkit::eventually("the command is marked", async || (self.waiting().await == 0).then_some(())).await;
    }
}

/// A queue of this test's own, bound to the exchange of the commands, which is declared as every program declares it.
async fn read_commands() -> lapin::Result<(Connection, Consumer)> {
    let connection = Connection::connect(&amqp_url(), ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
    channel.exchange_declare("ticket.unrouted".into(), ExchangeKind::Fanout, durable, FieldTable::default()).await?;
    let mut arguments = FieldTable::default();
    arguments.insert("alternate-exchange".into(), AMQPValue::LongString("ticket.unrouted".into()));
    channel.exchange_declare("mas.commands".into(), ExchangeKind::Direct, durable, arguments).await?;
    let name = format!("test-{}", SystemClock.new_id().simple());
    let exclusive = QueueDeclareOptions { exclusive: true, auto_delete: true, ..Default::default() };
    channel.queue_declare(name.as_str().into(), exclusive, FieldTable::default()).await?;
    let bind = QueueBindOptions::default();
    channel
        .queue_bind(name.as_str().into(), "mas.commands".into(), "resume-request".into(), bind, FieldTable::default())
        .await?;
    let consume = BasicConsumeOptions::default();
    let consumer = channel.basic_consume(name.as_str().into(), "".into(), consume, FieldTable::default()).await?;
    Ok((connection, consumer))
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_between_commit_and_publish_loses_no_command() {
    let mut stage = Stage::set().await;
    let service = stage.service("relay.before_publish=pause").await;
    let transaction = stage.accept(&service).await;
    service.kill();
    assert_eq!(stage.waiting().await, 1);

    let service = stage.service("").await;
    let (delivery, body) = stage.command().await;
    assert_eq!(body["transaction_id"], transaction);
    assert_eq!(delivery.properties.delivery_mode(), &Some(2), "persistent");
    stage.is_marked().await;
    assert_eq!(stage.accept(&service).await, transaction, "the same request again is still the same");
    assert_eq!(service.terminate().await, Some(0), "an orderly stop");
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_between_confirm_and_mark_sends_the_same_command_again() {
    let mut stage = Stage::set().await;
    // The confirm is never noted, as if the program were always killed just before.
    stage
        .database
        .run(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
             CREATE TRIGGER refuse BEFORE UPDATE ON outgoing_messages FOR EACH ROW EXECUTE FUNCTION refuse()",
        )
        .await;
    let service = stage.service("").await;
    stage.accept(&service).await;
    let (first, body) = stage.command().await;
    service.kill();
    stage.database.run("DROP TRIGGER refuse ON outgoing_messages").await;
    assert_eq!(stage.waiting().await, 1);

    let _service = stage.service("").await;
    let (second, again) = stage.command().await;
    assert_eq!((&body, first.properties.message_id()), (&again, second.properties.message_id()));
    assert!(first.properties.message_id().is_some(), "MAS drops the second by it");
    stage.is_marked().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_before_the_commit_accepts_nothing_and_the_caller_may_try_again() {
    let mut stage = Stage::set().await;
    let service = stage.service("commit.before=pause").await;
    let request = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
    let request =
        request.post(format!("{}{TICKETS}", service.url)).header("Authorization", "Basic b2NzdXNlcjpvY3N1c2Vy");
    let request = request.header("ProfileId", "Siebel_201").header("Request-Tracking-Id", &stage.tracking_id);
    let unanswered = tokio::spawn(request.json(&draft()).send());
    // The number is taken just before the write that never happens.
    testkit::eventually("the request is on its way", async || {
        let taken = "SELECT count(*) FROM transaction_ids WHERE is_called";
        (stage.database.count(taken).await == 1).then_some(())
    })
    .await;
    service.kill();
    assert!(unanswered.await.unwrap().is_err(), "no answer, so no promise");
    assert_eq!(stage.database.count("SELECT count(*) FROM tickets").await, 0);

    let service = stage.service("").await;
    let transaction = stage.accept(&service).await;
    assert_eq!(stage.command().await.1["transaction_id"], transaction);
}
