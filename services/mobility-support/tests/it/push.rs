//! Providers are told what support changes: over real sockets, in order, until they have it.

use std::net::TcpListener;

use chassis::{Place, Running};
use domain::{Clock as _, Role, SystemClock};
use mobility_support::MobilitySupport;
use serde_json::{Value, json};
use testkit::{TestApp, eventually};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{LEG, PACKAGE, TICKET, execute, opened, schemas, ticket, with};

const PATH: &str = "/tomp/processes/notification/execution";
const WAITING: &str = "SELECT count(*) FROM provider_deliveries WHERE parked_at IS NULL";

/// A service that tells `mp-amsterdam` at this address.
async fn start_with(url: &str) -> (TestApp, String, String) {
    let notify = json!([{"subject": "mp-amsterdam", "url": format!("{url}/tomp/"), "token": "let-me-in"}]);
    let app = TestApp::builder()
        .setting("CROSSDESK__MOBILITY__NOTIFY", &notify.to_string())
        .setting("CROSSDESK__HTTP__PUBLIC_URL", "https://desk.example")
        .start::<MobilitySupport>()
        .await;
    let (provider, agent) = (app.token("mp-amsterdam", Role::Customer), app.token("agent_123", Role::Agent));
    (app, provider, agent)
}

async fn answering(status: u16) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(status)).mount(&server).await;
    server
}

/// What the provider has been sent, once it is so much.
async fn told(server: &MockServer, count: usize) -> Vec<Value> {
    eventually(&format!("{count} pushes"), async || {
        let requests = server.received_requests().await.unwrap();
        let bodies = || requests.iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect();
        (requests.len() >= count).then(bodies)
    })
    .await
}

fn message(body: &Value) -> &str {
    body["inputs"]["message"].as_str().unwrap()
}

async fn nothing_waits(app: &TestApp) {
    eventually("no delivery waits", async || (app.database.count(WAITING).await == 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visible_change_is_pushed_with_the_documented_body_and_token() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(PATH))
        .and(header("authorization", "Bearer let-me-in"))
        .and(header("content-type", "application/json"))
        .respond_with(ResponseTemplate::new(204))
        .mount(&server)
        .await;
    let (app, provider, agent) = start_with(&server.uri()).await;
    let place = opened(&app, &provider).await;
    app.put(&format!("{place}/status"), &agent, json!({"status": "open"})).await;
    let bodies = told(&server, 1).await;
    let link =
        format!("https://desk.example/tomp/v2/collections/support-tickets/items?packageId={PACKAGE}&legId={LEG}");
    let expected = json!({"inputs": {
        "notificationType": "SUPPORT",
        "source": "TO",
        "destination": "MP",
        "context": ticket()["context"],
        "message": format!("support ticket {TICKET} is ISSUE_OPEN"),
        "links": {"links": [{"href": link, "rel": "related"}]},
    }});
    assert_eq!(bodies[0], expected);
    schemas::check("notification", &bodies[0]);
    nothing_waits(&app).await;
    assert_eq!(server.received_requests().await.unwrap().len(), 1, "once, if it succeeds");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_cannot_be_listed_has_no_link() {
    let server = answering(200).await;
    let (app, provider, agent) = start_with(&server.uri()).await;
    execute(&app, &provider, with(json!({"context": null}))).await;
    let place = format!("/internal/v1/tickets/{}", app.events(1).await[0].data.ticket_key);
    app.put(&format!("{place}/expected-resolution"), &agent, json!({"minutes": 5})).await;
    let bodies = told(&server, 1).await;
    assert_eq!((&bodies[0]["inputs"]["context"], &bodies[0]["inputs"]["links"]), (&json!({}), &json!({"links": []})));
    schemas::check("notification", &bodies[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_support_changes_and_the_provider_sees_is_pushed() {
    let server = answering(204).await;
    let (app, provider, agent) = start_with(&server.uri()).await;
    let place = opened(&app, &provider).await;
    execute(&app, &provider, with(json!({"comment": "own"}))).await;
    app.put(&format!("{place}/assignee"), &agent, json!({"assignee": "agent_9"})).await;
    app.put(&format!("{place}/priority"), &agent, json!({"priority": "high"})).await;
    let other = app.token("mp-utrecht", Role::Customer);
    execute(&app, &other, ticket()).await;
    let theirs = app.events(4).await.iter().rfind(|event| event.kind == "ticket.opened").unwrap().data.ticket_key;
    app.put(&format!("/internal/v1/tickets/{theirs}/status"), &agent, json!({"status": "open"})).await;
    app.put(&format!("{place}/status"), &agent, json!({"status": "resolved"})).await;
    app.put(&format!("{place}/status"), &agent, json!({"status": "closed"})).await;
    let bodies = told(&server, 1).await;
    nothing_waits(&app).await;
    assert_eq!(message(&bodies[0]), format!("support ticket {TICKET} is ISSUE_RESOLVED"));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_tried_again_and_nothing_overtakes_it() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(500)).up_to_n_times(2).mount(&server).await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(302).insert_header("location", "/elsewhere"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let (app, provider, agent) = start_with(&server.uri()).await;
    let place = opened(&app, &provider).await;
    for status in ["open", "pending", "resolved"] {
        app.put(&format!("{place}/status"), &agent, json!({"status": status})).await;
    }
    let bodies = told(&server, 6).await;
    nothing_waits(&app).await;
    let words: Vec<&str> = bodies.iter().map(|body| message(body).rsplit(' ').next().unwrap()).collect();
    assert_eq!(
        words,
        ["ISSUE_OPEN", "ISSUE_OPEN", "ISSUE_OPEN", "ISSUE_OPEN", "ISSUE_UPDATE_REQUESTED", "ISSUE_RESOLVED"],
        "a redirect is a failure too"
    );
    assert_eq!(server.received_requests().await.unwrap().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_one_ticket_does_not_stop_another() {
    let server = MockServer::start().await;
    let of_first = wiremock::matchers::body_string_contains(TICKET);
    Mock::given(of_first).respond_with(ResponseTemplate::new(500)).mount(&server).await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200)).with_priority(9).mount(&server).await;
    let (app, provider, agent) = start_with(&server.uri()).await;
    let first = opened(&app, &provider).await;
    execute(&app, &provider, with(json!({"id": "second"}))).await;
    let second = format!("/internal/v1/tickets/{}", app.events(2).await[1].data.ticket_key);
    app.put(&format!("{first}/status"), &agent, json!({"status": "open"})).await;
    app.put(&format!("{second}/status"), &agent, json!({"status": "open"})).await;
    eventually("the second is told", async || {
        let requests = server.received_requests().await.unwrap();
        requests.iter().any(|request| String::from_utf8_lossy(&request.body).contains("second")).then_some(())
    })
    .await;
    assert_eq!(app.database.count(WAITING).await, 1);
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_was_away_is_told_when_it_is_back_also_after_a_restart() {
    let port = free_port();
    let (mut app, provider, agent) = start_with(&format!("http://127.0.0.1:{port}")).await;
    let place = opened(&app, &provider).await;
    app.put(&format!("{place}/status"), &agent, json!({"status": "open"})).await;
    app.put(&format!("{place}/status"), &agent, json!({"status": "pending"})).await;
    let tried = "SELECT count(*) FROM provider_deliveries WHERE attempts > 0 AND reason LIKE '%refused%'";
    eventually("an attempt failed", async || (app.database.count(tried).await == 1).then_some(())).await;
    app.halt().await;
    assert_eq!(app.database.count(WAITING).await, 2, "they wait in the database");

    let server = MockServer::builder().listener(TcpListener::bind(("127.0.0.1", port)).unwrap()).start().await;
    Mock::given(path(PATH)).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    let mut context = app.context.clone();
    context.stages = Default::default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = Place { listener, database_url: Some(app.database.url().to_owned()) };
    let running = chassis::start::<MobilitySupport>(&context, place).await.unwrap();
    let bodies = told(&server, 2).await;
    nothing_waits(&app).await;
    Running::stop_all(vec![running], &context).await;
    let words: Vec<&str> = bodies.iter().map(|body| message(body).rsplit(' ').next().unwrap()).collect();
    assert_eq!(words, ["ISSUE_OPEN", "ISSUE_UPDATE_REQUESTED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_day_a_delivery_is_parked_with_its_reason_and_the_next_goes_on() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(503)).up_to_n_times(1).mount(&server).await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    let (app, provider, agent) = start_with(&server.uri()).await;
    // As if the first had been tried for a day.
    app.database
        .run(
            "CREATE FUNCTION age() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             NEW.created_at := now() - CASE WHEN NEW.line_status = 'ISSUE_OPEN' THEN interval '25 hours' \
             ELSE interval '0' END; RETURN NEW; END $$; \
             CREATE TRIGGER age BEFORE INSERT ON provider_deliveries FOR EACH ROW EXECUTE FUNCTION age()",
        )
        .await;
    let place = opened(&app, &provider).await;
    app.put(&format!("{place}/status"), &agent, json!({"status": "open"})).await;
    let parked = "SELECT count(*) FROM provider_deliveries WHERE parked_at IS NOT NULL AND reason = 'answered 503'";
    eventually("it is parked", async || (app.database.count(parked).await == 1).then_some(())).await;
    app.put(&format!("{place}/status"), &agent, json!({"status": "resolved"})).await;
    let bodies = told(&server, 2).await;
    nothing_waits(&app).await;
    assert!(message(&bodies[1]).ends_with("ISSUE_RESOLVED"));
    assert_eq!(app.database.count(parked).await, 1, "for an operator to look at");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_of_a_courier_that_is_gone_runs_out() {
    let server = answering(204).await;
    let (app, provider, agent) = start_with(&server.uri()).await;
    app.database
        .run(
            "CREATE FUNCTION claim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             NEW.claimed_until := now() + interval '2 seconds'; RETURN NEW; END $$; \
             CREATE TRIGGER claim BEFORE INSERT ON provider_deliveries FOR EACH ROW EXECUTE FUNCTION claim()",
        )
        .await;
    let place = opened(&app, &provider).await;
    let began = SystemClock.now();
    app.put(&format!("{place}/status"), &agent, json!({"status": "open"})).await;
    told(&server, 1).await;
    assert!((SystemClock.now() - began).num_milliseconds() >= 1_900, "not before it ran out");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_do_not_push_the_same_thing_twice() {
    let server = answering(204).await;
    let (app, provider, agent) = start_with(&server.uri()).await;
    let mut context = app.context.clone();
    context.stages = Default::default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = Place { listener, database_url: Some(app.database.url().to_owned()) };
    let other = chassis::start::<MobilitySupport>(&context, place).await.unwrap();
    for number in 0..10 {
        execute(&app, &provider, with(json!({"id": format!("t{number}")}))).await;
    }
    for event in app.events(10).await {
        let place = format!("/internal/v1/tickets/{}", event.data.ticket_key);
        app.put(&format!("{place}/status"), &agent, json!({"status": "open"})).await;
        app.put(&format!("{place}/status"), &agent, json!({"status": "resolved"})).await;
    }
    let bodies = told(&server, 20).await;
    nothing_waits(&app).await;
    Running::stop_all(vec![other], &context).await;
    let mut messages: Vec<&str> = bodies.iter().map(message).collect();
    messages.sort_unstable();
    messages.dedup();
    assert_eq!((messages.len(), server.received_requests().await.unwrap().len()), (20, 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_asked_for_is_not_kept() {
    let (app, provider, agent) = crate::start().await;
    let place = opened(&app, &provider).await;
    app.put(&format!("{place}/status"), &agent, json!({"status": "open"})).await;
    assert_eq!(app.database.count("SELECT count(*) FROM provider_deliveries").await, 0);
}
