//! Two processes on one database: what one stores, the other's clients see (live protocol, 2.4).

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chassis::config::Sources;
use chassis::{Config, Context, Place, Profile, Running, Stages};
use domain::{Clock as _, Role, Subject, SystemClock};
use helpdesk_conversation::HelpdeskConversation;
use lapin::options::{ExchangeDeleteOptions, QueueDeleteOptions};
use lapin::{Connection, ConnectionProperties};
use messaging::bus::{Bus, LocalBus, RabbitBus};
use messaging::topology::{Exchange, Queue};
use serde_json::{Value, json};
use testkit::{TestDatabase, amqp_url};
use tokio::time::Instant;

use super::client::Client;

const MESSAGES: u32 = 50;

struct Instance {
    url: String,
    context: Context,
    running: Vec<Running>,
}

/// Two instances as they would run side by side, each with a bus of its own.
struct Pair {
    one: Instance,
    two: Instance,
    customer: String,
    agent: String,
    path: String,
    _database: TestDatabase,
    _data_dir: tempfile::TempDir,
}

impl Instance {
    async fn start(database: &TestDatabase, data_dir: &Path, bus: impl FnOnce(&Stages) -> Arc<dyn Bus>) -> Self {
        Self::polling(database, data_dir, bus, 500).await
    }

    /// One that asks the database so seldom.
    async fn polling(
        database: &TestDatabase,
        data_dir: &Path,
        bus: impl FnOnce(&Stages) -> Arc<dyn Bus>,
        every_ms: u32,
    ) -> Self {
        let settings = [
            ("CROSSDESK__HELPDESK__LIVE__POLL_INTERVAL_MS".to_owned(), every_ms.to_string()),
            ("CROSSDESK__DATA_DIR".to_owned(), data_dir.display().to_string()),
            ("CROSSDESK__HTTP__WORKERS".to_owned(), "1".to_owned()),
        ];
        let sources = Sources::read(Path::new("no/such/folder"), settings.into()).unwrap();
        let config = Config::from_sources(sources, Profile::Local).unwrap();
        let stages = Stages::default();
        let bus = bus(&stages);
        let context = Context::new(config, Arc::new(SystemClock), bus, Default::default(), stages).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let place = Place { listener, database_url: Some(database.url().to_owned()) };
        let running = chassis::start::<HelpdeskConversation>(&context, place).await.unwrap();
        context.serving.store(true, Ordering::Release);
        Self { url, context, running: vec![running] }
    }

    async fn post(&self, path: &str, token: &str, body: Value) -> Value {
        let request = chassis::http_client().unwrap().post(format!("{}{path}", self.url));
        let answer = request.bearer_auth(token).json(&body).send().await.unwrap().error_for_status().unwrap();
        answer.json().await.unwrap_or_default()
    }
}

impl Pair {
    async fn start(bus: impl Fn(&Stages) -> Arc<dyn Bus>) -> Self {
        let database = TestDatabase::for_service::<HelpdeskConversation>().await;
        let data_dir = tempfile::tempdir().unwrap();
        let one = Instance::start(&database, data_dir.path(), &bus).await;
        let two = Instance::start(&database, data_dir.path(), &bus).await;
        let minter = chassis::secrets::local_minter(data_dir.path()).unwrap();
        let token = |subject: &str, role: Role| {
            let request = auth::TokenRequest::new(Subject::try_from(subject).unwrap(), role);
            minter.mint(&request, SystemClock.now()).unwrap()
        };
        let (customer, agent) = (token("user_123", Role::Customer), token("agent_123", Role::Agent));
        let ticket = one.post("/api/v1/support/tickets", &customer, json!({"title": "here"})).await;
        two.post(&format!("/api/v1/support/tickets/{}/join", ticket["id"]), &agent, json!({})).await;
        let path = format!("/api/v1/conversations/{}/socket", ticket["conversation"]["id"]);
        Self { one, two, customer, agent, path, _database: database, _data_dir: data_dir }
    }

    /// A client on each instance.
    async fn clients(&self) -> (Client, Client) {
        let mut customer = Client::open(&self.one.url, &self.path, &self.customer).await;
        let mut agent = Client::open(&self.two.url, &self.path, &self.agent).await;
        assert_eq!((customer.hex().await, agent.hex().await), ("0080008000000000".into(), "0080008000000000".into()));
        (customer, agent)
    }

    async fn stop(mut self) {
        Running::stop_all(std::mem::take(&mut self.one.running), &self.one.context).await;
        Running::stop_all(std::mem::take(&mut self.two.running), &self.two.context).await;
    }
}

/// How long each of some messages takes from one instance's client to the other's, after a first one.
async fn crossings(from: &mut Client, to: &mut Client, messages: u32) -> Vec<Duration> {
    let mut took = Vec::new();
    for cookie in 0..messages {
        let began = Instant::now();
        from.say(cookie, "over").await;
        let id = from.received(cookie).await;
        assert_eq!(to.entry().await.1, id);
        took.push(began.elapsed());
        from.entry().await;
    }
    took.sort_unstable();
    took
}

/// What nine of ten messages take at most, and the slowest of them.
fn report(how: &str, took: &[Duration]) -> (Duration, Duration) {
    let (median, most, worst) = (took[took.len() / 2], took[took.len() * 9 / 10], took[took.len() - 1]);
    println!("{how}: {} messages, median {median:?}, nine of ten {most:?}, worst {worst:?}", took.len());
    (most, worst)
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_cross_over_rabbitmq_within_200_ms() {
    let prefix = format!("test-{}-", SystemClock.new_id().simple());
    let pair = Pair::start(|stages| {
        RabbitBus::connect_prefixed(&amqp_url(), "helpdesk-conversation", &prefix, stages.readers.clone())
    })
    .await;
    let (mut customer, mut agent) = pair.clients().await;
    // Until both hear each other: a bus connects in its own time.
    testkit::eventually("the bus is there", async || {
        let took =
            crossings(&mut customer, &mut agent, 1).await[0].max(crossings(&mut agent, &mut customer, 1).await[0]);
        (took < Duration::from_millis(100)).then_some(())
    })
    .await;
    let there = crossings(&mut customer, &mut agent, MESSAGES).await;
    let back = crossings(&mut agent, &mut customer, MESSAGES).await;
    let ((most, worst), (most_back, worst_back)) = (report("over RabbitMQ", &there), report("and back", &back));
    drop((customer, agent));
    pair.stop().await;
    delete_everything(&prefix).await;
    assert!(most.max(most_back) < Duration::from_millis(200), "{most:?} {most_back:?}");
    assert!(worst.max(worst_back) < Duration::from_secs(1), "{worst:?} {worst_back:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_cross_within_a_second_while_the_broker_is_down() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let pair = Pair::start(|stages| {
        RabbitBus::connect(&format!("amqp://{nobody}/%2f"), "helpdesk-conversation", stages.readers.clone())
    })
    .await;
    let (mut customer, mut agent) = pair.clients().await;
    let (_, worst) = report("without a broker", &crossings(&mut customer, &mut agent, 5).await);
    assert!(worst < Duration::from_secs(1), "{worst:?}");
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notifications_cross_without_a_bus() {
    // Each has a bus that the other does not hear.
    let pair = Pair::start(|_| LocalBus::new()).await;
    let mut agent = Client::open(&pair.two.url, "/api/v1/events", &pair.agent).await;
    agent.is_heard().await;
    pair.one.post("/api/v1/support/tickets", &pair.customer, json!({"title": "new"})).await;
    let event: Value = serde_json::from_str(&agent.text().await).unwrap();
    assert_eq!(event["kind"], json!("new-support-ticket"));
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_connected_to_the_other_process_is_not_notified() {
    let pair = Pair::start(|_| LocalBus::new()).await;
    let (mut customer, mut agent) = pair.clients().await;
    customer.say(1, "seen").await;
    customer.received(1).await;
    agent.entry().await;
    let request = chassis::http_client().unwrap().get(format!("{}/api/v1/notifications", pair.one.url));
    let listed: Value = request.bearer_auth(&pair.agent).send().await.unwrap().json().await.unwrap();
    assert!(listed.as_array().unwrap().iter().all(|event| event["kind"] != json!("new-message")), "{listed}");
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_from_the_desk_needs_neither_bus_nor_poll_to_reach_the_sockets() {
    const KEY: &str = "00000000-0000-7000-8000-000000000001";
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (database, data_dir) =
        (TestDatabase::for_service::<HelpdeskConversation>().await, tempfile::tempdir().unwrap());
    let bus = |stages: &Stages| {
        RabbitBus::connect(&format!("amqp://{nobody}/%2f"), "helpdesk-conversation", stages.readers.clone())
            as Arc<dyn Bus>
    };
    let mut one = Instance::polling(&database, data_dir.path(), bus, 600_000).await;
    let minter = chassis::secrets::local_minter(data_dir.path()).unwrap();
    let token = |subject: &str, role: Role| {
        let request = auth::TokenRequest::new(Subject::try_from(subject).unwrap(), role);
        minter.mint(&request, SystemClock.now()).unwrap()
    };
    let (customer, agent) = (token("user_123", Role::Customer), token("agent_123", Role::Agent));
    let ticket = one.post("/api/v1/support/tickets", &customer, json!({"title": "here"})).await;
    database.run(&format!("UPDATE tickets SET ticket_key = '{KEY}'")).await;
    let path = format!("/api/v1/conversations/{}/socket", ticket["conversation"]["id"]);
    let mut socket = Client::open(&one.url, &path, &customer).await;
    socket.hex().await;
    for round in 0..3 {
        one.post(&format!("/internal/v1/tickets/{KEY}/messages"), &agent, json!({"body": "Hello"})).await;
        if round == 0 {
            assert!(socket.entry().await.2.starts_with("joined"));
        }
        assert_eq!(socket.entry().await.2, "Hello");
    }
    Running::stop_all(std::mem::take(&mut one.running), &one.context).await;
}

/// Quorum queues cost the node memory.
async fn delete_everything(prefix: &str) {
    let connection = Connection::connect(&amqp_url(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let queues = Queue::ALL.iter().flat_map(|queue| [queue.name().to_owned(), format!("{}.dlq", queue.name())]);
    for queue in queues.chain(["ticket.unrouted".to_owned()]) {
        channel.queue_delete(format!("{prefix}{queue}").into(), QueueDeleteOptions::default()).await.unwrap();
    }
    for exchange in [Exchange::TicketEvents, Exchange::MasCommands, Exchange::MasResults].map(Exchange::name) {
        channel.exchange_delete(format!("{prefix}{exchange}").into(), ExchangeDeleteOptions::default()).await.unwrap();
    }
    for exchange in ["ticket.unrouted", "ticket.dlx"] {
        channel.exchange_delete(format!("{prefix}{exchange}").into(), ExchangeDeleteOptions::default()).await.unwrap();
    }
}
