//! What the bridge carries is personal, and stays out of logs, metrics and answers.

use domain::Role;
use wiremock::ResponseTemplate;

use super::*;
use crate::log_book;

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_is_in_no_log_no_metric_and_no_answer() {
    let log = log_book::open();
    let metrics = telemetry::init_metrics();

    let mas = MockServer::start().await;
    // A MAS that repeats what it got.
    let echo = |status| ResponseTemplate::new(status).set_body_string(format!("unknown customer {EXAMPLE}"));
    resume_of(1).respond_with(completed()).mount(&mas).await;
    resume_of(2).respond_with(echo(422)).mount(&mas).await;
    resume_of(3).respond_with(echo(500)).mount(&mas).await;
    resume_of(4).respond_with(echo(200)).mount(&mas).await;
    let rejected = json!({"outcome": "rejected", "detail": "TESTMAN1 has not paid"});
    resume_of(5).respond_with(ResponseTemplate::new(200).set_body_json(rejected)).mount(&mas).await;
    let app = start(impatient(&mas.uri()).setting("CROSSDESK__MAS__BRIDGE__MAX_ATTEMPTS", "2")).await;
    for id in 1..=5 {
        queue(&app, id).await;
        queue(&app, id).await;
    }
    let mut bad = command(6);
    bad["requestor_info"]["phone"] = json!("call TESTMAN1 on 9874564566");
    queue_body(&app, &bad.to_string()).await;
    in_state(&app, 3, DEAD).await;
    in_state(&app, 2, DONE).await;
    let list = app.get("/internal/v1/resume-requests", &app.token("admin", Role::Admin)).await;

    let shown = metrics.render();
    assert!(log.has("a resume request is given up") && log.has("dead-letter"));
    for name in ["attempts_total", "requests_pending", "requests_oldest_seconds", "requests_dead", "breaker_state"] {
        assert!(shown.contains(&format!("crossdesk_mas_{name}")), "{name} is missing in {shown}");
    }
    assert!(shown.contains("result=\"refused\"") && shown.contains("result=\"rejected\""), "{shown}");
    for text in [shown, list.text] {
        for personal in ["TESTMAN1", "9874564566", "abc@example.com", "104127993008", "not paid", "6FL", "CSR1"] {
            assert!(!text.contains(personal), "{personal} in {text}");
            assert!(!log.has(personal), "{personal} in the log");
        }
    }
}
