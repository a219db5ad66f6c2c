//! The bridge as a program that is killed at the worst moment.

use std::collections::BTreeMap;

use mas_gateway::bridge::MasBridge;
use mas_gateway::simulator::MasSimulator;
use messaging::bus::{Bus as _, RabbitBus};
use reqwest::Method;
use testkit::{Process, TestDatabase, amqp_url, eventually};
use tokio_util::sync::CancellationToken;

use super::*;

const PROGRAM: &str = env!("CARGO_BIN_EXE_mas-bridge");

/// A MAS, and the database of a bridge to be killed.
struct Stage {
    simulator: TestApp,
    database: TestDatabase,
    secrets: tempfile::TempDir,
}

impl Stage {
    async fn set() -> Self {
        Self {
            simulator: TestApp::builder()
                .setting("CROSSDESK__MAS__SIMULATOR__DELAY_MS", "0")
                .start::<MasSimulator>()
                .await,
            database: TestDatabase::for_service::<MasBridge>().await,
            secrets: tempfile::tempdir().unwrap(),
        }
    }

    /// Starts the bridge; it stops where a crash point says so.
    async fn bridge(&self, crash_points: &str, amqp: Option<String>) -> Process {
        let mut settings = BTreeMap::from([
            ("CROSSDESK__DATABASE__URL", self.database.url().to_owned()),
            ("CROSSDESK__MAS__BRIDGE__URL", self.simulator.url.clone()),
            ("CROSSDESK__MAS__BRIDGE__RETRY_BASE_MS", "20".to_owned()),
            ("CROSSDESK__MAS__BRIDGE__RETRY_CAP_MS", "100".to_owned()),
            ("CROSSDESK__MAS__BRIDGE__BREAKER_PAUSE_MS", "50".to_owned()),
            // Claims of a killed bridge end after twice this.
            ("CROSSDESK__MAS__BRIDGE__TIMEOUT_MS", "500".to_owned()),
            ("CROSSDESK__LOG__FILTER", "error".to_owned()),
            ("FAILPOINTS", crash_points.to_owned()),
        ]);
        if let Some(url) = amqp {
            settings.insert("CROSSDESK__AMQP__URL", url);
        }
        Process::start(PROGRAM, self.secrets.path(), settings).await
    }

    /// Rows as the queue's reader leaves them.
    async fn accept(&self, ids: std::ops::RangeInclusive<i64>) {
        let (first, last) = (ids.start(), ids.end());
        let body = command(0).to_string().replace("\"transaction_id\":0", "\"transaction_id\":%s");
        self.database
            .run(&format!(
                "INSERT INTO resume_requests (transaction_id, body, give_up_at) \
                 SELECT id, convert_to(format('{body}', id), 'UTF8'), now() + interval '1 day' \
                 FROM generate_series({first}, {last}) AS id"
            ))
            .await;
    }

    async fn count(&self) -> Value {
        self.simulator.send(self.simulator.request(Method::GET, "/effects/count")).await.body
    }

    async fn until(&self, count: i64, query: &'static str) {
        eventually(query, async || (self.database.count(query).await >= count).then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_between_the_answer_of_mas_and_the_commit_repeats_the_question_and_not_the_effect() {
    let stage = Stage::set().await;
    stage.accept(1..=1).await;
    let bridge = stage.bridge("mas_bridge.before_settle=pause", None).await;
    eventually("the effect", async || (stage.count().await["count"] == 1).then_some(())).await;
    bridge.kill();
    assert_eq!(stage.database.count(PENDING).await, 1);
    assert_eq!(stage.database.count("SELECT count(*) FROM outgoing_messages").await, 0);

    let bridge = stage.bridge("", None).await;
    stage.until(1, DONE).await;
    assert_eq!(stage.count().await, json!({"count": 1, "times_asked": 2}));
    assert_eq!(stage.database.count("SELECT count(*) FROM outgoing_messages").await, 1);
    assert_eq!(bridge.terminate().await, Some(0), "an orderly stop");
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_before_the_question_and_between_it_and_its_answer_ends_in_one_effect() {
    for (crash_point, effects_before) in [("mas_bridge.before_ask=pause", 0), ("mas_bridge.after_ask=pause", 1)] {
        let stage = Stage::set().await;
        stage.accept(1..=1).await;
        let bridge = stage.bridge(crash_point, None).await;
        stage.until(1, "SELECT count(*) FROM resume_requests WHERE attempts = 1").await;
        eventually("the effect", async || (stage.count().await["count"] == effects_before).then_some(())).await;
        bridge.kill();
        assert_eq!(stage.database.count(PENDING).await, 1, "{crash_point}");

        let _bridge = stage.bridge("", None).await;
        stage.until(1, DONE).await;
        assert_eq!(stage.count().await, json!({"count": 1, "times_asked": 1 + effects_before}), "{crash_point}");
        assert_eq!(stage.database.count("SELECT count(*) FROM outgoing_messages").await, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_around_the_question_are_tried_again_and_end_in_one_effect() {
    for crash_point in ["mas_bridge.before_ask=2*return", "mas_bridge.after_ask=2*return"] {
        let stage = Stage::set().await;
        stage.accept(1..=1).await;
        let _bridge = stage.bridge(crash_point, None).await;
        stage.until(1, DONE).await;
        assert_eq!(stage.count().await["count"], 1, "{crash_point}");
        assert_eq!(stage.database.count("SELECT max(attempts)::bigint AS count FROM resume_requests").await, 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_again_and_again_under_load_loses_nothing_and_repeats_no_effect() {
    let stage = Stage::set().await;
    let faults = json!({"fail_rate": 0.3, "delay_ms": 5});
    let ordered = stage.simulator.request(Method::POST, "/simulator/faults").json(&faults);
    assert_eq!(stage.simulator.send(ordered).await.status, 200);
    stage.accept(1..=300).await;
    for killed_after in [40, 90, 150] {
        let bridge = stage.bridge("", None).await;
        stage.until(killed_after, DONE).await;
        bridge.kill();
    }
    let _bridge = stage.bridge("", None).await;
    stage.until(300, DONE).await;
    let count = stage.count().await;
    assert_eq!(count["count"], 300);
    assert!(count["times_asked"].as_i64().unwrap() > 300, "{count}");
    let results = "SELECT count(DISTINCT correlation_id) FROM outgoing_messages";
    assert_eq!(stage.database.count(results).await, 300);
    assert_eq!(stage.database.count("SELECT count(*) FROM outgoing_messages").await, 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_between_commit_and_ack_brings_the_message_again_and_nothing_else() {
    let stage = Stage::set().await;
    let over = CancellationToken::new();
    let broker = RabbitBus::connect(&amqp_url(), "test", over.clone());
    eventually("the broker", async || broker.is_connected().then_some(())).await;
    read_results(broker.as_ref()).await;
    // An id of this test alone: the queue is the broker's one and only.
    let id = i64::from(std::process::id()) + 4_000_000_000;
    let body = command(id).to_string();
    let bridge = stage.bridge("consume.before_ack=pause", Some(amqp_url())).await;
    // Published again until the bridge has it: another reader of this queue, of another test, may take one.
    eventually("the row", async || {
        broker.publish(message(body.as_bytes())).await.unwrap();
        (stage.database.count("SELECT count(*) FROM resume_requests").await > 0).then_some(())
    })
    .await;
    bridge.kill();

    let bridge = stage.bridge("", Some(amqp_url())).await;
    broker.publish(message(body.as_bytes())).await.unwrap();
    // Behind the others: once it is done, so are they.
    broker.publish(message(command(id + 1).to_string().as_bytes())).await.unwrap();
    stage.until(2, "SELECT count(*) FROM resume_requests WHERE state = 'done' AND transaction_id >= 4000000000").await;
    stage.until(1, "SELECT 1 - count(*) AS count FROM outgoing_messages WHERE published_at IS NULL").await;
    let effects = stage.simulator.send(stage.simulator.request(Method::GET, "/effects?limit=10000")).await;
    let all = effects.body["effects"].as_array().unwrap();
    assert_eq!(all.iter().filter(|effect| effect["transaction_id"] == id).count(), 1);
    let told = "SELECT count(*) FROM outgoing_messages WHERE correlation_id ~ '^400[0-9]{7}$'";
    assert_eq!(stage.database.count(told).await, 2, "one outcome for each of the two");
    assert_eq!(bridge.terminate().await, Some(0), "an orderly stop");
    over.cancel();
}
