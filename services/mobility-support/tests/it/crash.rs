//! The service as a program that is killed at the worst moment.

use std::collections::BTreeMap;
use std::net::TcpListener;

use domain::Role;
use mobility_support::MobilitySupport;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Process, TestDatabase, eventually};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{EXECUTION, ticket};

/// Sends a request that must succeed, and gives the answer.
async fn send(service: &Process, to: (Method, &str), who: (&str, Role), body: Value) -> Value {
    let client = reqwest::Client::builder().build().unwrap();
    let request = client.request(to.0, format!("{}{}", service.url, to.1)).json(&body);
    let answer = request.bearer_auth(service.tokens.of(who.0, who.1)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_loses_no_push() {
    let database = TestDatabase::for_service::<MobilitySupport>().await;
    let secrets = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let notify = json!([{"subject": "mp-amsterdam", "url": format!("http://127.0.0.1:{port}"), "token": "t"}]);
    let settings = || {
        BTreeMap::from([
            ("CROSSDESK__DATABASE__URL", database.url().to_owned()),
            ("CROSSDESK__MOBILITY__NOTIFY", notify.to_string()),
        ])
    };
    let program = env!("CARGO_BIN_EXE_mobility-support");
    let service = Process::start(program, secrets.path(), settings()).await;
    send(&service, (Method::POST, EXECUTION), ("mp-amsterdam", Role::Service), json!({"inputs": ticket()})).await;
    let events = send(&service, (Method::GET, "/internal/v1/events"), ("desk", Role::Service), Value::Null).await;
    let status = format!("/internal/v1/tickets/{}/status", events["events"][0]["partitionkey"].as_str().unwrap());
    send(&service, (Method::PUT, &status), ("agent_1", Role::Agent), json!({"status": "open"})).await;
    service.kill();
    assert_eq!(database.count("SELECT count(*) FROM provider_deliveries").await, 1);
    // A claim of the killed process would keep the next one waiting for its lease.
    database.run("UPDATE provider_deliveries SET claimed_until = NULL, due_at = now()").await;

    let provider = MockServer::builder().listener(TcpListener::bind(("127.0.0.1", port)).unwrap()).start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(204)).mount(&provider).await;
    let _service = Process::start(program, secrets.path(), settings()).await;
    eventually("the push", async || {
        let left = database.count("SELECT count(*) FROM provider_deliveries").await;
        (left == 0 && !provider.received_requests().await.unwrap().is_empty()).then_some(())
    })
    .await;
}
