//! From the queue to MAS, and MAS's outcome back.

use domain::{Clock as _, SystemClock};
use mas_gateway::bridge::MasBridge;
use serde_json::{Value, json};
use testkit::eventually;
use wiremock::ResponseTemplate;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_sent_as_it_came_with_its_key_and_its_trace() {
    let mas = mas_that_answers(completed()).await;
    let app = start(impatient(&mas.uri())).await;
    queue_body(&app, EXAMPLE).await;
    published(&app, 1).await;
    let requests = asked(&mas).await;
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!((request.method.as_str(), request.url.path()), ("POST", "/resume-requests"));
    assert_eq!(std::str::from_utf8(&request.body).unwrap(), EXAMPLE, "byte for byte");
    let header = |name: &str| request.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header("idempotency-key").as_deref(), Some("100000457"));
    assert_eq!(header("request-tracking-id").as_deref(), Some("456"));
    assert_eq!(header("content-type").as_deref(), Some("application/json"));
    assert_eq!(header("authorization"), None);
    let trace = header("traceparent").unwrap();
    assert_eq!(trace[..36], TRACE[..36], "the trace of the request");
    assert_ne!(trace[36..52], TRACE[36..52], "and a span of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outcome_is_published_as_documented() {
    let mas = mas_that_answers(completed()).await;
    let app = start(impatient(&mas.uri())).await;
    queue_body(&app, EXAMPLE).await;
    let result = published(&app, 1).await.remove(0);
    // The document's example, word for word.
    assert_eq!(body_of(&result), r#"{"transaction_id":100000457,"outcome":"completed","detail":"Service resumed"}"#);
    assert_eq!((result.exchange, result.routing_key.as_str()), (Exchange::MasResults, "resume-result"));
    let properties = &result.properties;
    assert_eq!(properties.content_type, "application/json");
    assert_eq!(properties.app_id, "mas-bridge");
    assert_eq!(properties.kind, "mas.resume-result");
    assert_eq!(properties.correlation_id.as_deref(), Some("100000457"));
    assert_eq!(properties.headers, [("traceparent".to_owned(), TRACE.to_owned())]);
    assert!((SystemClock.now() - properties.timestamp).num_seconds().abs() < 60);
    in_state(&app, 1, "SELECT count(*) FROM resume_requests WHERE state = 'done' AND outcome = 'completed'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejection_is_an_outcome_and_not_a_failure() {
    let mas = mas_that_answers(ResponseTemplate::new(200).set_body_json(json!({"outcome": "rejected"}))).await;
    let app = start(impatient(&mas.uri())).await;
    queue(&app, 7).await;
    let result = published(&app, 1).await.remove(0);
    assert_eq!(body_of(&result), r#"{"transaction_id":7,"outcome":"rejected","detail":null}"#);
    assert_eq!((app.database.count(DONE).await, asked(&mas).await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mas_that_only_takes_the_request_tells_the_outcome_by_itself() {
    let mas = mas_that_answers(ResponseTemplate::new(202)).await;
    let app = start(impatient(&mas.uri())).await;
    queue(&app, 7).await;
    in_state(&app, 1, "SELECT count(*) FROM resume_requests WHERE state = 'done' AND outcome IS NULL").await;
    assert_eq!(app.database.count("SELECT count(*) FROM outgoing_messages").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_is_remembered_without_what_was_sent() {
    let mas = mas_that_answers(completed()).await;
    let app = start(impatient(&mas.uri())).await;
    queue(&app, 7).await;
    in_state(&app, 1, DONE).await;
    assert_eq!(app.database.count("SELECT count(*) FROM resume_requests WHERE body IS NOT NULL").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_sent_as_configured() {
    for (settings, expected) in [
        (vec![("TOKEN", "tok-1")], "Bearer tok-1"),
        // Aladdin and open sesame are the example of RFC 7617.
        (vec![("USER", "Aladdin"), ("PASSWORD", "open sesame")], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
    ] {
        let mas = mas_that_answers(completed()).await;
        let mut builder =
            impatient("http://127.0.0.1:1").setting("CROSSDESK__MAS__BRIDGE__URL", &format!("{}/", mas.uri()));
        for (name, value) in settings {
            builder = builder.setting(&format!("CROSSDESK__MAS__BRIDGE__{name}"), value);
        }
        let app = start(builder).await;
        queue(&app, 7).await;
        published(&app, 1).await;
        assert_eq!(asked(&mas).await[0].headers["authorization"], expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tracking_id_that_is_no_header_value_travels_in_the_body_only() {
    let mas = mas_that_answers(completed()).await;
    let app = start(impatient(&mas.uri())).await;
    let mut odd = command(7);
    odd["request_tracking_id"] = json!("a\nb\u{0}");
    queue_body(&app, &odd.to_string()).await;
    published(&app, 1).await;
    let request = asked(&mas).await.remove(0);
    assert!(!request.headers.contains_key("request-tracking-id"));
    assert_eq!(request.body_json::<Value>().unwrap(), odd);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_are_on_their_way_at_once_and_never_too_many() {
    let mas = mas_that_answers(completed().set_delay(std::time::Duration::from_millis(300))).await;
    let builder = impatient(&mas.uri()).setting("CROSSDESK__MAS__BRIDGE__CONCURRENCY", "5");
    let app = start(builder).await;
    for id in 1..=15 {
        queue(&app, id).await;
    }
    let claimed = "SELECT count(*) FROM resume_requests WHERE claimed_until IS NOT NULL";
    let most = eventually("five on their way", async || {
        let now = app.database.count(claimed).await;
        (now >= 5).then_some(now)
    })
    .await;
    assert_eq!(most, 5);
    in_state(&app, 15, DONE).await;
    assert_eq!(asked(&mas).await.len(), 15);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_bridges_on_one_database_share_the_work_and_send_nothing_twice() {
    let mas = mas_that_answers(completed()).await;
    let app = start(impatient(&mas.uri())).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = chassis::Place { listener, database_url: Some(app.database.url().to_owned()) };
    let second = chassis::start::<MasBridge>(&app.context, place).await.unwrap();
    for id in 1..=100 {
        queue(&app, id).await;
    }
    in_state(&app, 100, DONE).await;
    assert_eq!(asked(&mas).await.len(), 100);
    let context = app.context.clone();
    chassis::Running::stop_all(vec![second], &context).await;
}
