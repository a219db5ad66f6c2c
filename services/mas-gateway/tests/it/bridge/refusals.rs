//! What the bridge gives up, and what it does not even take.

use chassis::{Place, Running};
use mas_gateway::bridge::MasBridge;
use messaging::bus::{Bus as _, LocalBus};
use wiremock::ResponseTemplate;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_mas_refuses_is_dead_after_one_attempt_and_has_no_outcome() {
    let mas = MockServer::start().await;
    let statuses = [400, 404, 409, 410, 422];
    for status in statuses {
        resume_of(i64::from(status)).respond_with(ResponseTemplate::new(status)).mount(&mas).await;
    }
    let app = start(impatient(&mas.uri())).await;
    for status in statuses {
        queue(&app, i64::from(status)).await;
    }
    in_state(&app, 5, DEAD).await;
    let admin = app.token("admin", domain::Role::Admin);
    let page = app.get("/internal/v1/resume-requests?state=dead", &admin).await;
    for request in page.body["resumeRequests"].as_array().unwrap() {
        assert_eq!(request["lastError"], format!("MAS answered {}", request["transactionId"]));
        assert_eq!((&request["attempts"], &request["outcome"]), (&json!(1), &Value::Null));
    }
    assert_eq!(app.database.count("SELECT count(*) FROM outgoing_messages").await, 0);
    assert_eq!(asked(&mas).await.len(), 5);
    assert_eq!(
        app.database.count("SELECT count(*) FROM resume_requests WHERE body IS NULL").await,
        0,
        "kept for a retry"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_fails_too_often_is_given_up() {
    let mas = mas_that_answers(ResponseTemplate::new(500)).await;
    let app = start(impatient(&mas.uri()).setting("CROSSDESK__MAS__BRIDGE__MAX_ATTEMPTS", "3")).await;
    queue(&app, 7).await;
    in_state(&app, 1, DEAD).await;
    assert_eq!(asked(&mas).await.len(), 3);
    assert_eq!(app.database.count("SELECT count(*) FROM outgoing_messages").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_given_up_at_its_first_failure_after_a_day() {
    let mas = mas_that_answers(ResponseTemplate::new(500).insert_header("retry-after", "600")).await;
    let app = start(impatient(&mas.uri())).await;
    queue(&app, 7).await;
    let day = "SELECT count(*) FROM resume_requests \
         WHERE give_up_at - received_at BETWEEN interval '23 h 59 min' AND interval '24 h 1 min'";
    assert_eq!(app.database.count(day).await, 1);
    in_state(
        &app,
        1,
        "SELECT count(*) FROM resume_requests WHERE state = 'pending' AND attempts = 1 AND claimed_until IS NULL",
    )
    .await;
    app.database
        .run("UPDATE resume_requests SET give_up_at = clock_timestamp(), next_attempt_at = clock_timestamp()")
        .await;
    in_state(&app, 1, DEAD).await;
    assert_eq!(asked(&mas).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_old_is_still_delivered_if_mas_takes_it() {
    let mas = mas_that_answers(completed()).await;
    let app = start(impatient(&mas.uri())).await;
    let row = format!(
        "INSERT INTO resume_requests (transaction_id, body, give_up_at) VALUES (7, '{}', now() - interval '1 day')",
        command(7)
    );
    app.database.run(&row).await;
    published(&app, 1).await;
    assert_eq!(app.database.count(DONE).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_kills_the_bridge_each_time_is_given_up_without_being_asked_again() {
    let mas = mas_that_answers(completed()).await;
    let app = start(impatient(&mas.uri())).await;
    let row = format!(
        "INSERT INTO resume_requests (transaction_id, body, give_up_at, attempts) \
         VALUES (7, '{}', now() + interval '1 day', 1000)",
        command(7)
    );
    app.database.run(&row).await;
    in_state(&app, 1, DEAD).await;
    assert_eq!(asked(&mas).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_no_commands_go_to_the_dead_letter_queue_and_nowhere_else() {
    let mas = mas_that_answers(completed()).await;
    let mut app = start(impatient(&mas.uri())).await;
    app.halt().await;
    let bus = LocalBus::new();
    let mut context = app.context.clone();
    context.stages = chassis::Stages::default();
    context.bus = Arc::clone(&bus) as SharedBus;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let place = Place { listener, database_url: Some(app.database.url().to_owned()) };
    let running = chassis::start::<MasBridge>(&context, place).await.unwrap();

    let mut without_name = command(7);
    without_name["requestor_info"].as_object_mut().unwrap().remove("name");
    let mut next_schema = command(8);
    next_schema["schema"] = json!("crossdesk.mas.resume-request/2");
    let bad = [without_name.to_string(), next_schema.to_string(), "{".to_owned(), String::new()];
    eventually("a reader", async || bus.publish(message(bad[0].as_bytes())).await.ok()).await;
    for body in &bad[1..] {
        bus.publish(message(body.as_bytes())).await.unwrap();
    }
    bus.publish(message(EXAMPLE.as_bytes())).await.unwrap();
    in_state(&app, 1, DONE).await;
    let letters = bus.dead_letters();
    assert_eq!(letters.len(), 4);
    assert!(letters.iter().all(|letter| letter.queue == Queue::MasResumeRequests));
    assert_eq!(body_of(&letters[0].message), bad[0], "as it came");
    assert_eq!(app.database.count("SELECT count(*) FROM resume_requests").await, 1);
    assert_eq!(asked(&mas).await.len(), 1);
    Running::stop_all(vec![running], &context).await;
}
