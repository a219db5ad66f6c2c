//! The stand-in for MAS keeps the promise that the bridge relies on: one key, one effect.

use std::collections::BTreeMap;
use std::sync::Arc;

use chassis::{Profile, Service as _};
use mas_gateway::simulator::MasSimulator;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, Process, TestApp, TestDatabase, assert_openapi};

use crate::bridge::command;

async fn ask(app: &TestApp, key: &str, body: &Value) -> Answer {
    app.send(app.request(Method::POST, "/resume-requests").header("idempotency-key", key).json(body)).await
}

async fn resume(app: &TestApp, id: i64) -> Answer {
    ask(app, &id.to_string(), &command(id)).await
}

async fn get(app: &TestApp, path: &str) -> Answer {
    app.send(app.request(Method::GET, path)).await
}

async fn order(app: &TestApp, faults: Value) -> Answer {
    app.send(app.request(Method::POST, "/simulator/faults").json(&faults)).await
}

#[test]
fn the_checked_in_description_is_what_the_code_says() {
    assert_openapi::<MasSimulator>(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi_simulator"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_asked_many_times_at_once_has_one_effect_and_one_answer() {
    let app = TestApp::builder().setting("CROSSDESK__MAS__SIMULATOR__DELAY_MS", "0").start::<MasSimulator>().await;
    let answers = futures_util::future::join_all((0..20).map(|_| resume(&app, 7))).await;
    for answer in answers {
        assert_eq!(
            (answer.status, answer.text.as_str()),
            (200, r#"{"outcome":"completed","detail":"Service resumed"}"#)
        );
    }
    assert_eq!(get(&app, "/effects/count").await.body, json!({"count": 1, "times_asked": 20}));
    let effect = &get(&app, "/effects").await.body["effects"][0];
    assert_eq!((&effect["transaction_id"], &effect["times_asked"]), (&json!(7), &json!(20)));
    assert_eq!(effect.as_object().unwrap().len(), 4, "nothing personal: {effect}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_with_another_request_is_refused_and_changes_nothing() {
    let app = TestApp::builder().setting("CROSSDESK__MAS__SIMULATOR__DELAY_MS", "0").start::<MasSimulator>().await;
    resume(&app, 7).await;
    let mut other = command(7);
    other["reason_code"] = json!("REJ");
    assert_eq!(ask(&app, "7", &other).await.status, 422);
    assert_eq!(resume(&app, 7).await.body["outcome"], "completed");
    assert_eq!(get(&app, "/effects/count").await.body["count"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_with_another_key_has_a_second_effect_that_everybody_can_see() {
    let app = TestApp::builder().setting("CROSSDESK__MAS__SIMULATOR__DELAY_MS", "0").start::<MasSimulator>().await;
    for key in ["7", "7-again", "7"] {
        assert_eq!(ask(&app, key, &command(7)).await.status, 200);
    }
    assert_eq!(get(&app, "/effects/count").await.body, json!({"count": 2, "times_asked": 3}));
}

#[tokio::test(flavor = "multi_thread")]
async fn some_requests_are_rejected_and_always_the_same() {
    let app = TestApp::builder().setting("CROSSDESK__MAS__SIMULATOR__DELAY_MS", "0").start::<MasSimulator>().await;
    let mut reason = command(1);
    reason["reason_code"] = json!("REJ");
    let mut customer = command(2);
    customer["customer_id"] = json!("10412799");
    for (key, body, detail) in [
        ("1", reason, "The reason code does not allow a resumption"),
        ("2", customer, "The customer's account is blocked"),
    ] {
        for _ in 0..2 {
            let answer = ask(&app, key, &body).await;
            assert_eq!((answer.status, answer.body), (200, json!({"outcome": "rejected", "detail": detail})));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_have_no_effect() {
    let app = TestApp::builder().setting("CROSSDESK__MAS__SIMULATOR__DELAY_MS", "0").start::<MasSimulator>().await;
    let mut incomplete = command(7);
    incomplete["service"].as_object_mut().unwrap().remove("code");
    for (key, body, status, detail) in [
        ("", command(7), 400, "Idempotency-Key must be sent once, with 1 to 255 characters"),
        (&"k".repeat(256), command(7), 400, "Idempotency-Key must be sent once, with 1 to 255 characters"),
        ("7", incomplete, 422, "`service.code` is missing"),
        ("7", json!([]), 422, "it is no JSON object"),
    ] {
        let answer = ask(&app, key, &body).await;
        assert_eq!((answer.status, &answer.body["detail"]), (status, &json!(detail)), "{key} {body}");
    }
    assert_eq!(get(&app, "/effects/count").await.body, json!({"count": 0, "times_asked": 0}));
    assert_eq!(get(&app, "/effects?limit=0").await.status, 400);
    assert_eq!(get(&app, "/effects?limit=10001").await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn ordered_faults_come_before_and_after_the_effect() {
    let app = TestApp::builder().setting("CROSSDESK__MAS__SIMULATOR__DELAY_MS", "0").start::<MasSimulator>().await;
    let plan = order(&app, json!({"fail_next": 1, "lose_next": 2})).await;
    assert_eq!(plan.body, json!({"fail_next": 1, "lose_next": 2, "fail_rate": 0.0, "delay_ms": 0}));
    assert_eq!(resume(&app, 1).await.status, 503);
    assert_eq!(get(&app, "/effects/count").await.body["count"], 0, "before");
    assert_eq!((resume(&app, 1).await.status, resume(&app, 1).await.status), (503, 503));
    assert_eq!(get(&app, "/effects/count").await.body, json!({"count": 1, "times_asked": 2}), "after");
    assert_eq!(resume(&app, 1).await.status, 200);
    for bad in [json!({"fail_rate": 2}), json!({"fail_next": -1}), json!({"typo": 1}), json!({"delay_ms": 999_999_999})]
    {
        assert_eq!(order(&app, bad.clone()).await.status, 422, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delay_delays() {
    let app = TestApp::builder().setting("CROSSDESK__MAS__SIMULATOR__DELAY_MS", "0").start::<MasSimulator>().await;
    order(&app, json!({"delay_ms": 200})).await;
    let began = std::time::Instant::now();
    assert_eq!(resume(&app, 1).await.status, 200);
    assert!(began.elapsed() >= std::time::Duration::from_millis(200));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_token_configured_every_operation_asks_for_it() {
    let app = TestApp::builder()
        .setting("CROSSDESK__MAS__SIMULATOR__DELAY_MS", "0")
        .setting("CROSSDESK__MAS__SIMULATOR__TOKEN", "tok-1")
        .start::<MasSimulator>()
        .await;
    let requests = || {
        let post = |path| app.request(Method::POST, path);
        [
            post("/resume-requests").header("idempotency-key", "7").json(&command(7)),
            post("/simulator/faults").json(&json!({})),
            app.request(Method::GET, "/effects"),
            app.request(Method::GET, "/effects/count"),
        ]
    };
    for request in requests() {
        assert_eq!(app.send(request).await.status, 401);
    }
    for request in requests() {
        assert_eq!(app.send(request.bearer_auth("tok-2")).await.status, 401);
    }
    for request in requests() {
        assert_eq!(app.send(request.bearer_auth("tok-1")).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn as_a_program_it_starts_remembers_over_a_restart_and_stops_in_order() {
    let database = TestDatabase::for_service::<MasSimulator>().await;
    let secrets = tempfile::tempdir().unwrap();
    let http = chassis::http_client().unwrap();
    for times_asked in 1..=2 {
        let settings = BTreeMap::from([("CROSSDESK__DATABASE__URL", database.url().to_owned())]);
        let program = Process::start(env!("CARGO_BIN_EXE_mas-simulator"), secrets.path(), settings).await;
        let request = http.post(format!("{}/resume-requests", program.url)).header("idempotency-key", "7");
        assert_eq!(request.json(&command(7)).send().await.unwrap().status(), 200);
        let count = http.get(format!("{}/effects/count", program.url)).send().await.unwrap();
        assert_eq!(count.json::<Value>().await.unwrap(), json!({"count": 1, "times_asked": times_asked}));
        assert_eq!(program.terminate().await, Some(0), "an orderly stop");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_of_a_developers_machine_it_must_be_wanted() {
    for (enabled, starts) in [("false", false), ("true", true)] {
        let app = TestApp::builder()
            .setting("CROSSDESK__MAS__SIMULATOR__DELAY_MS", "0")
            .setting("CROSSDESK__MAS__SIMULATOR__ENABLED", enabled)
            .start::<MasSimulator>()
            .await;
        let mut context = app.context.clone();
        let mut config = (*context.config).clone();
        config.profile = Profile::Production;
        context.config = Arc::new(config);
        assert_eq!(MasSimulator::new(&context).is_ok(), starts);
    }
}
