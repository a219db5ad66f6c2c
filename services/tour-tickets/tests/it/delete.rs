//! Deleting a ticket, alone and with what hangs on it.

use std::time::{Duration, Instant};

use domain::Role;
use reqwest::Method;
use serde_json::json;
use testkit::TestApp;
use tour_tickets::TourTickets;
use wiremock::matchers::{header_regex, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{TICKETS, assert_error, draft, guest, not_found, opened_by_guest, start, with};

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_ticket_is_gone_and_its_number_is_not_used_again() {
    let app = start().await;
    let ticket = opened_by_guest(&app, draft()).await;
    let agent = app.token("agent_123", Role::Agent);
    let key = app.events(1).await[0].data.ticket_key;
    app.post(&format!("/internal/v1/tickets/{key}/messages"), &agent, json!({"body": "Hello"})).await;
    let deleted = guest(&app, Method::DELETE, &ticket, None).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    for (verb, body) in [(Method::GET, None), (Method::DELETE, None), (Method::PUT, Some(draft()))] {
        assert_error(&guest(&app, verb, &ticket, body).await, 404, &not_found(&ticket));
    }
    assert_eq!(guest(&app, Method::GET, TICKETS, None).await.text, "[]");
    assert_eq!(app.get(&format!("/internal/v1/tickets/{key}"), &agent).await.status, 404);
    assert_eq!(app.database.count("SELECT count(*) FROM replies").await, 0, "its replies go with it");
    assert_eq!(opened_by_guest(&app, draft()).await, format!("{TICKETS}/2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_attachments_service_is_told_before_the_client() {
    let attachments = MockServer::start().await;
    let app = TestApp::builder().address("attachments", attachments.uri()).start::<TourTickets>().await;
    let ticket = opened_by_guest(&app, draft()).await;
    let key = app.events(1).await[0].data.ticket_key;
    Mock::given(method("DELETE"))
        .and(path("/internal/v1/tours/tickets/1/attachments"))
        .and(query_param("ticket_key", key.to_string()))
        .and(header_regex("authorization", "^Bearer .+"))
        .and(header_regex("traceparent", "^00-0af7651916cd43dd8448eb211c80319c-"))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&attachments)
        .await;
    let request = app.request(Method::DELETE, &ticket);
    let request = request.header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    assert_eq!(app.send(request).await.status, 204);
    assert_eq!(attachments.received_requests().await.unwrap().len(), 1);
    assert_eq!(guest(&app, Method::DELETE, &ticket, None).await.status, 404);
    assert_eq!(attachments.received_requests().await.unwrap().len(), 1, "nothing is deleted twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_deleted_whatever_the_attachments_service_says() {
    let attachments = MockServer::start().await;
    Mock::given(method("DELETE")).respond_with(ResponseTemplate::new(500)).mount(&attachments).await;
    let app = TestApp::builder().address("attachments", attachments.uri()).start::<TourTickets>().await;
    let ticket = opened_by_guest(&app, draft()).await;
    assert_eq!(guest(&app, Method::DELETE, &ticket, None).await.status, 204);
    assert_eq!(attachments.received_requests().await.unwrap().len(), 1);
    assert_eq!(app.events(2).await[1].kind, "ticket.deleted", "the event completes it");

    let nowhere = TestApp::builder().address("attachments", "http://127.0.0.1:1").start::<TourTickets>().await;
    let ticket = opened_by_guest(&nowhere, draft()).await;
    assert_eq!(guest(&nowhere, Method::DELETE, &ticket, None).await.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_waits_two_seconds_for_the_attachments_service_and_no_longer() {
    let attachments = MockServer::start().await;
    let slow = ResponseTemplate::new(204).set_delay(Duration::from_secs(20));
    Mock::given(method("DELETE")).respond_with(slow).mount(&attachments).await;
    let app = TestApp::builder().address("attachments", attachments.uri()).start::<TourTickets>().await;
    let ticket = opened_by_guest(&app, draft()).await;
    let began = Instant::now();
    assert_eq!(guest(&app, Method::DELETE, &ticket, None).await.status, 204);
    let waited = began.elapsed();
    assert!((Duration::from_millis(1900)..Duration::from_secs(8)).contains(&waited), "{waited:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_deletes_and_replacements_at_once_the_delete_is_the_last_event() {
    let app = start().await;
    let ticket = opened_by_guest(&app, draft()).await;
    let writes = (0..12).map(|number| {
        let (app, ticket) = (&app, &ticket);
        async move {
            if number % 4 == 3 {
                return (true, guest(app, Method::DELETE, ticket, None).await.status);
            }
            let body = with("subject", format!("number {number}"));
            (false, guest(app, Method::PUT, ticket, Some(body)).await.status)
        }
    });
    let answers = futures_util::future::join_all(writes).await;
    assert_eq!(answers.iter().filter(|answer| **answer == (true, 204)).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|(_, status)| matches!(status, 200 | 204 | 404)), "{answers:?}");
    let replaced = answers.iter().filter(|answer| **answer == (false, 200)).count();
    let events = app.events(replaced + 2).await;
    let versions: Vec<i64> = events.iter().map(|event| event.data.version).collect();
    assert_eq!(versions, (1..=replaced as i64 + 2).collect::<Vec<_>>());
    assert_eq!(events.last().unwrap().kind, "ticket.deleted");
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 0);
}
