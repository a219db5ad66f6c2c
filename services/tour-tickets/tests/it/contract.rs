//! The description is true, and nobody gets in who does not belong there.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{Clock as _, Line, MockClock, Role, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Probe, Stranger, TestApp, assert_openapi, sweep};
use tour_tickets::TourTickets;

use crate::{TICKETS, assert_error, draft, guest, opened, opened_by_guest, start};

#[test]
fn the_checked_in_description_is_what_the_code_says() {
    assert_openapi::<TourTickets>(env!("CARGO_MANIFEST_DIR"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_refuses_strangers() {
    // The clock stands still, so that the time in a refusal is known.
    let now = SystemClock.now();
    let app = TestApp::builder()
        .setting("CROSSDESK__TOURS__ANONYMOUS_ACCESS", "none")
        .clock(Arc::new(MockClock::at(now)))
        .start::<TourTickets>()
        .await;
    let customer = app.token("user_123", Role::Customer);
    let mut paths = Vec::new();
    for _ in 0..3 {
        paths.push(opened(&app, &customer, draft()).await);
    }
    let timestamp = now.format("%Y-%m-%dT%H:%M:%S%.6f").to_string();
    let hidden = |path: &str| {
        let message = crate::not_found(path);
        let body = json!({"status": 404, "error": "Not Found", "message": message, "timestamp": timestamp});
        Stranger::Refused(404, body)
    };
    let own = || Stranger::SeesNothingOf("\"ticketId\":3,".to_owned());
    let probe = |path: &str, body: Option<Value>, stranger| Probe { path: path.to_owned(), body, stranger };
    let probes = BTreeMap::from([
        ("create_ticket", probe(TICKETS, Some(draft()), own())),
        ("list_tickets", probe(TICKETS, None, own())),
        ("delete_ticket", probe(&paths[0], None, hidden(&paths[0]))),
        ("get_ticket", probe(&paths[1], None, hidden(&paths[1]))),
        ("replace_ticket", probe(&paths[2], Some(draft()), hidden(&paths[2]))),
    ]);
    sweep::<TourTickets>(&app, "user_123", Line::Loan, probes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_and_paths_are_answered_in_the_line_s_shape() {
    let app = start().await;
    let path = opened_by_guest(&app, draft()).await;
    for (method, place, status, message, allow) in [
        ("PATCH", path.as_str(), 405, "Method not allowed", "GET, HEAD, PUT, DELETE, OPTIONS"),
        ("POST", path.as_str(), 405, "Method not allowed", "GET, HEAD, PUT, DELETE, OPTIONS"),
        ("PUT", TICKETS, 405, "Method not allowed", "GET, HEAD, POST, OPTIONS"),
        ("GET", "/api/support_tickets/", 404, "Resource not found", ""),
        ("GET", "/api/support_tickets/1/more", 404, "Resource not found", ""),
        ("GET", "/api/Support_tickets", 404, "Resource not found", ""),
    ] {
        let answer = guest(&app, method.parse().unwrap(), place, None).await;
        assert_error(&answer, status, message);
        assert_eq!(answer.header("allow"), allow, "{method} {place}");
    }
    let options = guest(&app, Method::OPTIONS, &path, None).await;
    assert_eq!((options.status, options.header("allow")), (204, "GET, HEAD, PUT, DELETE, OPTIONS"));
    let read = guest(&app, Method::GET, &path, None).await;
    assert_eq!((read.header("cache-control"), read.header("x-content-type-options")), ("no-store", "nosniff"));
    assert!(!read.header("x-request-id").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_authorization_headers_are_401() {
    let app = start().await;
    let customer = app.token("user_123", Role::Customer);
    let request = app.request(Method::GET, TICKETS).bearer_auth(&customer).bearer_auth(&customer);
    assert_error(&app.send(request).await, 401, "Authentication required");
}
