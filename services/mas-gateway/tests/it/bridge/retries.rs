//! Failures rest in the table, not in the queue.

use std::time::Duration;

use mas_gateway::bridge::MasBridge;
use testkit::eventually;
use wiremock::ResponseTemplate;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_acked_all_the_same_and_tried_again_from_the_table() {
    let mas = MockServer::start().await;
    resume().respond_with(ResponseTemplate::new(503)).up_to_n_times(3).mount(&mas).await;
    resume().respond_with(completed()).mount(&mas).await;
    let app = start(impatient(&mas.uri())).await;
    queue(&app, 7).await;
    published(&app, 1).await;
    assert_eq!(asked(&mas).await.len(), 4);
    let query = "SELECT count(*) FROM resume_requests WHERE attempts = 4 AND state = 'done' AND last_error IS NULL";
    assert_eq!(app.database.count(query).await, 1);
    let keys: Vec<_> = asked(&mas).await.iter().map(|request| request.headers["idempotency-key"].clone()).collect();
    assert!(keys.iter().all(|key| key == "7"), "the same key each time: {keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_before_a_stop_is_delivered_after_the_start() {
    let mas = MockServer::start().await;
    resume().respond_with(ResponseTemplate::new(500)).with_priority(1).up_to_n_times(2).mount(&mas).await;
    resume().respond_with(completed()).with_priority(2).mount(&mas).await;
    // Failures rest for so long that nothing but the table can bring them back.
    let patient = TestApp::builder()
        .address("mas-simulator", mas.uri())
        .setting("CROSSDESK__MAS__BRIDGE__RETRY_BASE_MS", "200000")
        .setting("CROSSDESK__MAS__BRIDGE__RETRY_CAP_MS", "300000");
    let mut app = start(patient).await;
    queue(&app, 1).await;
    queue(&app, 2).await;
    in_state(&app, 2, "SELECT count(*) FROM resume_requests WHERE state = 'pending' AND last_error IS NOT NULL").await;
    app.halt().await;
    app.database.run("UPDATE resume_requests SET next_attempt_at = clock_timestamp()").await;

    let mut context = app.context.clone();
    context.stages = chassis::Stages::default();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = chassis::Place { listener, database_url: Some(app.database.url().to_owned()) };
    let running = chassis::start::<MasBridge>(&context, place).await.unwrap();
    published(&app, 2).await;
    assert_eq!((app.database.count(DONE).await, asked(&mas).await.len()), (2, 4));
    chassis::Running::stop_all(vec![running], &context).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_claim_of_a_bridge_that_died_ends_by_itself() {
    let mas = mas_that_answers(completed()).await;
    let app = start(impatient(&mas.uri())).await;
    // As a kill during an attempt leaves it, a moment before the claim ends.
    app.database
        .run(&format!(
            "INSERT INTO resume_requests (transaction_id, body, give_up_at, attempts, claimed_until) VALUES \
             (7, '{}', now() + interval '1 day', 1, clock_timestamp() + interval '600 ms'), \
             (8, '{}', now() + interval '1 day', 1, clock_timestamp() + interval '1 hour')",
            command(7),
            command(8)
        ))
        .await;
    published(&app, 1).await;
    assert_eq!(asked(&mas).await[0].headers["idempotency-key"], "7");
    assert_eq!((app.database.count(PENDING).await, asked(&mas).await.len()), (1, 1), "8 is still somebody's");
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_honoured() {
    for (status, retry_after) in [(429, "600"), (503, "600")] {
        let mas = mas_that_answers(ResponseTemplate::new(status).insert_header("retry-after", retry_after)).await;
        let app = start(impatient(&mas.uri())).await;
        queue(&app, 7).await;
        let rests = "SELECT count(*) FROM resume_requests WHERE state = 'pending' AND attempts = 1 \
             AND next_attempt_at BETWEEN received_at + interval '600 s' AND clock_timestamp() + interval '601 s'";
        in_state(&app, 1, rests).await;
        assert_eq!(asked(&mas).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_time_that_mas_asked_for_it_is_asked_again() {
    let mas = MockServer::start().await;
    let busy = ResponseTemplate::new(429).insert_header("retry-after", "1");
    resume().respond_with(busy).up_to_n_times(1).mount(&mas).await;
    resume().respond_with(completed()).mount(&mas).await;
    let app = start(impatient(&mas.uri())).await;
    queue(&app, 7).await;
    published(&app, 1).await;
    let rested = "SELECT count(*) FROM resume_requests WHERE settled_at - received_at >= interval '1 s'";
    assert_eq!(app.database.count(rested).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mas_that_hangs_or_is_away_or_talks_nonsense_is_tried_again() {
    let slow = mas_that_answers(completed().set_delay(Duration::from_secs(30))).await;
    let odd = mas_that_answers(ResponseTemplate::new(200).set_body_string("<html>welcome</html>")).await;
    let long = mas_that_answers(ResponseTemplate::new(200).set_body_string(" ".repeat(100_000))).await;
    let moved = mas_that_answers(ResponseTemplate::new(307).insert_header("location", "http://127.0.0.1:1/")).await;
    for (mas, expected) in [
        (slow.uri(), "MAS did not answer in time"),
        ("http://127.0.0.1:1".to_owned(), "no connection to MAS"),
        (odd.uri(), "MAS answered 200 without an outcome"),
        (long.uri(), "MAS answered 200 without an outcome"),
        (moved.uri(), "MAS answered 307"),
    ] {
        let app = start(impatient(&mas).setting("CROSSDESK__MAS__BRIDGE__TIMEOUT_MS", "150")).await;
        queue(&app, 7).await;
        let admin = app.token("admin", domain::Role::Admin);
        let request = eventually("two attempts", async || {
            let page = app.get("/internal/v1/resume-requests?state=pending", &admin).await;
            let request = page.body["resumeRequests"][0].clone();
            (request["attempts"].as_i64()? >= 2).then_some(request)
        })
        .await;
        assert_eq!(request["lastError"], expected);
        assert_eq!(app.database.count("SELECT count(*) FROM outgoing_messages").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_bury_nothing() {
    for status in [401, 403] {
        let mas = MockServer::start().await;
        resume().respond_with(ResponseTemplate::new(status)).up_to_n_times(2).mount(&mas).await;
        resume().respond_with(completed()).mount(&mas).await;
        let app = start(impatient(&mas.uri())).await;
        queue(&app, 7).await;
        published(&app, 1).await;
        assert_eq!(app.database.count(DONE).await, 1, "{status}");
    }
}
