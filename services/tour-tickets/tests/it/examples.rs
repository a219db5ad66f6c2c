//! The document's examples, word for word.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use domain::MockClock;
use reqwest::Method;
use testkit::{Answer, TestApp};
use tour_tickets::TourTickets;

use crate::{TICKETS, assert_error};

const CREATE: &str = r#"{
"userId": 42,
"roleContext": "TOURIST",
"fullName": "María González",
"email": "[email protected]",
"subject": "Cannot access my booking",
"category": "RESERVAS_VIAJES",
"message": "I am unable to view my tour booking from last week. The page shows an error.",
"status": "OPEN"
}"#;
const CREATED: &str = r#"{"ticketId":1523,"userId":42,"roleContext":"TOURIST","fullName":"María González","email":"[email protected]","subject":"Cannot access my booking","category":"RESERVAS_VIAJES","message":"I am unable to view my tour booking from last week. The page shows an error.","status":"OPEN","createdAt":"2026-03-11T10:30:00","updatedAt":"2026-03-11T10:30:00"}"#;
const SMALLEST: &str = r#"{"fullName":"","email":"","subject":"Reservas y Viajes","message":"Hola"}"#;
const SMALLEST_CREATED: &str = r#"{"ticketId":1524,"userId":null,"roleContext":"GUEST","fullName":"","email":"","subject":"Reservas y Viajes","category":"GENERAL","message":"Hola","status":"OPEN","createdAt":"2026-03-11T10:31:00","updatedAt":"2026-03-11T10:31:00"}"#;
const REPLACE: &str = r#"{
"userId": 42,
"roleContext": "TOURIST",
"fullName": "María González",
"email": "[email protected]",
"subject": "Cannot access my booking",
"category": "RESERVAS_VIAJES",
"message": "I am unable to view my tour booking from last week.",
"status": "RESOLVED"
}"#;
const REPLACED: &str = r#"{"ticketId":1523,"userId":42,"roleContext":"TOURIST","fullName":"María González","email":"[email protected]","subject":"Cannot access my booking","category":"RESERVAS_VIAJES","message":"I am unable to view my tour booking from last week.","status":"RESOLVED","createdAt":"2026-03-11T10:30:00","updatedAt":"2026-03-11T11:20:00"}"#;
const READ: &str = r#"{"ticketId":1523,"userId":42,"roleContext":"TOURIST","fullName":"María González","email":"[email protected]","subject":"Cannot access my booking","category":"RESERVAS_VIAJES","message":"I am unable to view my tour booking from last week.","status":"IN_PROGRESS","createdAt":"2026-03-11T10:30:00","updatedAt":"2026-03-11T11:15:00"}"#;

async fn curl(app: &TestApp, method: Method, path: &str, body: Option<&str>) -> Answer {
    let mut request = app.request(method, path);
    if let Some(body) = body {
        request = request.header("Content-Type", "application/json").body(body.to_owned());
    }
    app.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_commands_get_the_documented_answers() {
    // Half a second later, which a time that the server sets does not show.
    let at = DateTime::parse_from_rfc3339("2026-03-11T10:30:00.5Z").unwrap().to_utc();
    let clock = Arc::new(MockClock::at(at));
    let app = TestApp::builder().clock(Arc::clone(&clock) as _).start::<TourTickets>().await;
    app.database.run("ALTER SEQUENCE ticket_ids RESTART WITH 1523").await;
    let place = format!("{TICKETS}/1523");

    let created = curl(&app, Method::POST, TICKETS, Some(CREATE)).await;
    assert_eq!((created.status, created.text.as_str()), (201, CREATED));
    assert_eq!(created.header("location"), format!("{}{place}", app.url));
    assert_eq!(created.header("content-type"), "application/json");

    clock.advance(TimeDelta::minutes(1));
    let smallest = curl(&app, Method::POST, TICKETS, Some(SMALLEST)).await;
    assert_eq!((smallest.status, smallest.text.as_str()), (201, SMALLEST_CREATED));
    let all = curl(&app, Method::GET, TICKETS, None).await;
    assert_eq!((all.status, all.text), (200, format!("[{CREATED},{SMALLEST_CREATED}]")));

    clock.advance(TimeDelta::minutes(44));
    let in_progress = REPLACE.replace("RESOLVED", "IN_PROGRESS");
    let answered = curl(&app, Method::PUT, &place, Some(&in_progress)).await;
    assert_eq!((answered.status, answered.text.as_str()), (200, READ));
    let read = curl(&app, Method::GET, &place, None).await;
    assert_eq!((read.status, read.text.as_str()), (200, READ));

    clock.advance(TimeDelta::minutes(5));
    let replaced = curl(&app, Method::PUT, &place, Some(REPLACE)).await;
    assert_eq!((replaced.status, replaced.text.as_str()), (200, REPLACED));

    let deleted = curl(&app, Method::DELETE, &place, None).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    let unknown = curl(&app, Method::GET, &format!("{TICKETS}/9"), None).await;
    let error = r#"{"status":404,"error":"Not Found","message":"SupportTicket not found with id: 9","timestamp":"2026-03-11T11:20:00.500000"}"#;
    assert_eq!((unknown.status, unknown.text.as_str()), (404, error));
    assert_error(&unknown, 404, "SupportTicket not found with id: 9");
}
