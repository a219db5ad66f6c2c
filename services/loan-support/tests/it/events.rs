//! Each change tells its events, in order, and survives what may happen between write and publish.

use std::net::TcpListener;

use chassis::{Place, Running, start as start_service};
use domain::{Envelope, Role};
use loan_support::LoanSupport;
use serde_json::json;

use crate::{draft, opened, start};

fn kinds(events: &[Envelope]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_a_ticket_is_told_in_order() {
    let (app, customer, agent) = start().await;
    let path = opened(&app, &customer).await;
    app.post(&format!("{path}/messages"), &agent, json!({"message": "secret words"})).await;
    app.post(&format!("{path}/close"), &customer, json!({"resolution": "secret end"})).await;
    let events = app.events(5).await;
    assert_eq!(
        kinds(&events),
        ["ticket.opened", "ticket.message_added", "ticket.assigned", "ticket.status_changed", "ticket.closed"]
    );
    let id = path.trim_start_matches("/support/tickets/");
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event.data.version, index as i64 + 1);
        assert_eq!(event.sequence, format!("{:020}", index + 1));
        assert_eq!(event.subject, format!("loan/{id}"));
        assert_eq!(event.source, "/crossdesk/loan-support");
        assert_eq!(event.partitionkey.as_str(), event.data.ticket_key.to_string());
        assert_eq!(event.data.ticket_key.0.simple().to_string(), id.trim_start_matches("ticket_"));
    }
    let states: Vec<_> = events.iter().map(|event| event.data.state.clone().unwrap().status.as_str()).collect();
    assert_eq!(states, ["new", "new", "new", "open", "closed"], "the state after each event, before the next");
    let text = serde_json::to_string(&events).unwrap();
    for personal in ["secret", "payment", "Unable", "file_id"] {
        assert!(!text.contains(personal), "events carry no personal data: {personal}");
    }
    assert_eq!(app.bus.published()[0].0, "loan.ticket.opened");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trace_of_a_request_reaches_its_event() {
    let (app, customer, _) = start().await;
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = app.request(reqwest::Method::POST, "/support/tickets").bearer_auth(&customer).json(&draft());
    app.send(request.header("traceparent", parent)).await;
    let events = app.events(1).await;
    assert!(events[0].traceparent.starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
    assert_ne!(events[0].traceparent, parent, "a span of our own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_changes_nothing_tells_nothing() {
    let (app, customer, agent) = start().await;
    let path = opened(&app, &customer).await;
    let key = app.events(1).await[0].data.ticket_key;
    let place = format!("/internal/v1/tickets/{key}");
    app.put(&format!("{place}/priority"), &agent, json!({"priority": "high"})).await;
    app.put(&format!("{place}/assignee"), &agent, json!({"assignee": null})).await;
    app.post(&format!("{path}/close"), &customer, json!({})).await;
    app.post(&format!("{path}/close"), &customer, json!({})).await;
    assert_eq!(kinds(&app.events(2).await), ["ticket.opened", "ticket.closed"]);
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_give_their_events_to_services_only() {
    let (app, customer, agent) = start().await;
    opened(&app, &customer).await;
    let key = app.events(1).await[0].partitionkey.clone();
    let path = format!("/internal/v1/events?partitionkey={key}&after=0&limit=5");
    assert_eq!(app.get(&path, &customer).await.status, 401, "loan has no 403");
    assert_eq!(app.get(&path, &agent).await.status, 401);
    let service = app.token("desk", Role::Service);
    let page = app.get(&path, &service).await;
    assert_eq!(page.body["events"][0]["type"], "ticket.opened");
    assert_eq!(
        app.get(&format!("/internal/v1/events?partitionkey={key}&after=1"), &service).await.body["events"],
        json!([])
    );
    let all = app.get("/internal/v1/events?limit=500", &service).await;
    assert_eq!(all.body["events"].as_array().map(Vec::len), Some(1));
    let cursor = all.body["cursor"].as_str().unwrap().to_owned();
    let rest = app.get(&format!("/internal/v1/events?cursor={cursor}"), &service).await;
    assert_eq!(rest.body["events"], json!([]));
    assert_eq!(app.get("/internal/v1/events?limit=501", &service).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_were_not_published_are_published_after_a_restart() {
    let (mut app, customer, _) = start().await;
    // As a crash between commit and publish leaves it: written, not published, and nobody is there any more.
    app.database
        .run(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
         CREATE TRIGGER refuse BEFORE UPDATE ON ticket_events FOR EACH ROW EXECUTE FUNCTION refuse()",
        )
        .await;
    opened(&app, &customer).await;
    app.events(1).await;
    app.halt().await;
    app.database.run("DROP TRIGGER refuse ON ticket_events").await;
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events WHERE published_at IS NULL").await, 1);
    let before = app.bus.published().len();

    let mut context = app.context.clone();
    context.stages = Default::default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = Place { listener, database_url: Some(app.database.url().to_owned()) };
    let running = start_service::<LoanSupport>(&context, place).await.unwrap();
    testkit::eventually("the event is marked", async || {
        let left = app.database.count("SELECT count(*) FROM ticket_events WHERE published_at IS NULL").await;
        (left == 0).then_some(())
    })
    .await;
    Running::stop_all(vec![running], &context).await;
    let published = app.bus.published();
    assert_eq!(published.len(), before + 1, "the new process published it");
    assert!(published.iter().all(|(_, event)| event.id == published[0].1.id), "a republished event keeps its id");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orderly_stop_publishes_what_is_left() {
    let (mut app, customer, _) = start().await;
    for _ in 0..20 {
        opened(&app, &customer).await;
    }
    app.halt().await;
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events WHERE published_at IS NULL").await, 0);
    assert_eq!(app.database.count("SELECT count(*) FROM relay_lease").await, 0, "another may take over at once");
}
