//! The description is true, and nobody gets in who does not belong there.

use std::collections::BTreeMap;

use domain::Line;
use loan_support::LoanSupport;
use serde_json::json;
use testkit::{Probe, Stranger, assert_openapi, sweep};

use crate::{draft, error, opened, start};

#[test]
fn the_checked_in_description_is_what_the_code_says() {
    assert_openapi::<LoanSupport>(env!("CARGO_MANIFEST_DIR"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_refuses_strangers() {
    let (app, customer, _) = start().await;
    let (ticket, to_close) = (opened(&app, &customer).await, opened(&app, &customer).await);
    let hidden = || Stranger::Refused(404, error(404, "Ticket not found"));
    let own = || Stranger::SeesNothingOf(ticket.trim_start_matches("/support/tickets/").to_owned());
    let probe = |path: &str, body, stranger| Probe { path: path.to_owned(), body, stranger };
    let probes = BTreeMap::from([
        ("create_ticket", probe("/support/tickets", Some(draft()), own())),
        ("list_tickets", probe("/support/tickets", None, own())),
        ("get_ticket", probe(&ticket, None, hidden())),
        ("add_message", probe(&format!("{ticket}/messages"), Some(json!({"message": "m"})), hidden())),
        ("close_ticket", probe(&format!("{to_close}/close"), Some(json!({})), hidden())),
        ("list_categories", probe("/support/categories", None, Stranger::Public)),
    ]);
    sweep::<LoanSupport>(&app, "user_123", Line::Tours, probes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_and_paths_are_answered_in_the_line_s_shape() {
    let (app, customer, _) = start().await;
    let path = opened(&app, &customer).await;
    for (method, place, status, message, allow) in [
        ("DELETE", "/support/tickets", 405, "Method not allowed", "GET, HEAD, POST"),
        ("PUT", path.as_str(), 405, "Method not allowed", "GET, HEAD"),
        ("GET", "/support/tickets/", 404, "Not found", ""),
        ("GET", "/support", 404, "Not found", ""),
        ("GET", "/Support/tickets", 404, "Not found", ""),
    ] {
        let request = app.request(method.parse().unwrap(), place);
        let answer = app.send(request).await;
        assert_eq!((answer.status, answer.body.clone()), (status, error(status, message)), "{method} {place}");
        let mut allowed: Vec<_> = answer.header("allow").split(", ").collect();
        let mut expected: Vec<_> = allow.split(", ").collect();
        allowed.sort_unstable();
        expected.sort_unstable();
        assert_eq!(allowed, expected, "{method} {place}");
        assert!(!answer.header("x-request-id").is_empty());
    }
    let head = app.send(app.request(reqwest::Method::HEAD, &path).bearer_auth(&customer)).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    let options = app.send(app.request(reqwest::Method::OPTIONS, &path)).await;
    assert_eq!((options.status, options.header("allow").contains("GET")), (204, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_every_existing_path_is_401() {
    let (app, ..) = start().await;
    for place in ["/support/tickets", "/support/tickets/x", "/support/categories"] {
        let answer = app.send(app.request(reqwest::Method::GET, place)).await;
        assert_eq!((answer.status, answer.body.clone()), (401, error(401, "Unauthorized")), "{place}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_authorization_headers_are_401() {
    let (app, customer, _) = start().await;
    let request = app.request(reqwest::Method::GET, "/support/tickets").bearer_auth(&customer).bearer_auth(&customer);
    assert_eq!(app.send(request).await.status, 401);
}
