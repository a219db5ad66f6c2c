//! Delivery is at least once; the request to MAS is not.

use chassis::{Place, Running};
use mas_gateway::bridge::MasBridge;
use mas_gateway::simulator::MasSimulator;
use messaging::bus::RabbitBus;
use serde_json::json;
use testkit::{TestDatabase, amqp_url};
use tokio_util::sync::CancellationToken;

use super::*;

/// Every command five times, in an order in which each comes back after others.
fn shuffled(commands: i64) -> Vec<i64> {
    let total = commands * 5;
    // A step that shares no divisor with the total visits every place once.
    let step = (total / 3..).find(|step| gcd(*step, total) == 1).unwrap();
    (0..total).map(|place| place * step % total % commands + 1).collect()
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[test]
fn the_shuffled_list_has_each_five_times() {
    let mut list = shuffled(20);
    assert!(list.windows(20).any(|part| part[0] > part[1]));
    list.sort_unstable();
    assert_eq!(list, (1..=20).flat_map(|id| [id; 5]).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_comes_five_times_is_sent_and_answered_once() {
    let mas = mas_that_answers(completed()).await;
    let app = start(impatient(&mas.uri())).await;
    let all = shuffled(20);
    futures_util::future::join_all(all.into_iter().map(|id| queue(&app, id))).await;
    in_state(&app, 20, DONE).await;
    let results = published(&app, 20).await;
    // And once more, long after all was done.
    queue(&app, 3).await;
    assert_eq!(app.database.count("SELECT count(*) FROM resume_requests").await, 20);
    assert_eq!(app.database.count(DONE).await, 20);
    assert_eq!((asked(&mas).await.len(), results.len()), (20, 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn over_rabbitmq_too_each_of_the_shuffled_commands_takes_effect_once() {
    let simulator =
        TestApp::builder().setting("CROSSDESK__MAS__SIMULATOR__DELAY_MS", "0").start::<MasSimulator>().await;
    let app = impatient(&simulator.url).start::<MasBridge>().await;
    let database = TestDatabase::for_service::<MasBridge>().await;
    // Queues of its own, so that nobody else on this broker takes the commands.
    let prefix = format!("bridge-{}-", domain::Clock::new_id(&domain::SystemClock).simple());
    let over = CancellationToken::new();
    let bus: SharedBus = RabbitBus::connect_prefixed(&amqp_url(), "test", &prefix, over.clone());
    let mut context = app.context.clone();
    (context.bus, context.stages) = (Arc::clone(&bus), chassis::Stages::default());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = Place { listener, database_url: Some(database.url().to_owned()) };
    let running = chassis::start::<MasBridge>(&context, place).await.unwrap();
    let mut results = bus.subscribe(Queue::MasResumeResults, 10).await.unwrap();

    eventually("the broker", async || bus.is_connected().then_some(())).await;
    for id in shuffled(20) {
        let body = command(id).to_string();
        // A confirm that is late makes one more duplicate, and those are what this is about.
        eventually("a confirm", async || bus.publish(message(body.as_bytes())).await.ok()).await;
    }
    let mut told = Vec::new();
    let reading = async {
        while told.len() < 20 {
            let delivery = results.next().await.unwrap();
            let body: Value = serde_json::from_slice(delivery.body()).unwrap();
            told.push(body["transaction_id"].as_i64().unwrap());
            delivery.ack().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), reading).await.unwrap();
    told.sort_unstable();
    assert_eq!(told, (1..=20).collect::<Vec<_>>());
    let count = simulator.send(simulator.request(reqwest::Method::GET, "/effects/count")).await;
    assert_eq!(count.body, json!({"count": 20, "times_asked": 20}));
    Running::stop_all(vec![running], &context).await;
    over.cancel();
}
