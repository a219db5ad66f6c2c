//! Who gets in: by token, by configuration, and to which tickets.

use domain::{Line, Role};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Answer, TestApp};

use ::attachments::Attachments;

use crate::tours::Tours;
use crate::{PATH, assert_error, assert_not_found, beside, draft, form, guest, signed, start, start_closed, with};

/// Every operation that a client may call, with a good body.
fn operations(attachment: &str, file: &str) -> Vec<(&'static str, String, Option<Value>)> {
    vec![
        ("POST", PATH.to_owned(), Some(draft())),
        ("GET", PATH.to_owned(), None),
        ("GET", attachment.to_owned(), None),
        ("PUT", attachment.to_owned(), Some(draft())),
        ("POST", "/files".to_owned(), None),
        ("GET", file.to_owned(), None),
        ("DELETE", attachment.to_owned(), None),
    ]
}

async fn attempt(app: &TestApp, token: Option<&str>, (method, path, body): &(&str, String, Option<Value>)) -> Answer {
    let mut request = app.request(method.parse().unwrap(), path);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.json(body);
    } else if path == "/files" {
        let body = form::form(&[form::part("file", Some("n.txt"), b"hello")]);
        request = request.header("content-type", form::content_type()).body(body);
    }
    app.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_refuses_strangers() {
    let (app, _tours, customer, _) = start_closed().await;
    let created = signed(&app, &customer, "POST", PATH, Some(&draft())).await;
    let attachment = format!("{PATH}/{}", created.body["attachmentId"]);
    let file = form::uploaded(&app, &customer, b"hello").await;
    let stranger = app.token("stranger", Role::Customer);
    let machine = app.token("machine", Role::Service);
    for operation in operations(&attachment, &file) {
        let (method, path, _) = &operation;
        for bad in [
            None,
            Some("no.jwt".to_owned()),
            Some(app.tokens.forged("user_123", Role::Admin)),
            Some(app.tokens.expired("user_123", Role::Customer)),
        ] {
            let answer = attempt(&app, bad.as_deref(), &operation).await;
            assert_error(&answer, 401, "Unauthorized", "Authentication required");
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{method} {path}");
        }
        for token in [&stranger, &machine] {
            let answer = attempt(&app, Some(token), &operation).await;
            match (*method, path.as_str()) {
                ("POST", "/files") => assert_eq!(answer.status, 201, "anybody may upload"),
                ("POST", _) => assert_error(&answer, 404, "Not Found", "SupportTicket not found for ticketId: 1523"),
                ("GET", PATH) => assert_eq!((answer.status, answer.text.as_str()), (200, "[]")),
                (_, path) if path.starts_with("/files/") => {
                    assert_error(&answer, 404, "Not Found", "Resource not found");
                }
                _ => assert_not_found(&answer, attachment.rsplit('/').next().unwrap()),
            }
        }
        // Otherwise the refusals above prove nothing.
        let own = attempt(&app, Some(&customer), &operation).await;
        assert!((200..300).contains(&own.status), "{method} {path}: {}", own.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_other_lines_may_use_nothing() {
    let (app, _tours, customer, _) = start_closed().await;
    let created = signed(&app, &customer, "POST", PATH, Some(&draft())).await;
    let attachment = format!("{PATH}/{}", created.body["attachmentId"]);
    let file = form::uploaded(&app, &customer, b"hello").await;
    let of_loan = app.tokens.for_lines("user_123", Role::Customer, &[Line::Loan]);
    for operation in operations(&attachment, &file) {
        assert_error(&attempt(&app, Some(&of_loan), &operation).await, 403, "Forbidden", "Access denied");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_token_is_never_treated_as_a_guest() {
    let (app, _tours) = start().await;
    let path = form::uploaded(&app, &app.token("u", Role::Customer), b"hello").await;
    for place in [PATH, path.as_str()] {
        assert_eq!(guest(&app, "GET", place, None).await.status, 200, "{place}");
        for token in ["", "x", &app.tokens.forged("u", Role::Admin), &app.tokens.expired("u", Role::Admin)] {
            let request = app.request(Method::GET, place).header("authorization", format!("Bearer {token}"));
            assert_eq!(app.send(request).await.status, 401, "{place}");
        }
        let basic = app.request(Method::GET, place).header("authorization", "Basic dTpw");
        assert_eq!(app.send(basic).await.status, 401);
        let good = app.token("u", Role::Agent);
        let twice = app.request(Method::GET, place).bearer_auth(&good).bearer_auth(&good);
        assert_eq!(app.send(twice).await.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_may_do_everything_in_mode_full_but_upload() {
    let (app, _tours) = start().await;
    let file = form::uploaded(&app, &app.token("u", Role::Customer), b"hello").await;
    let created = guest(&app, "POST", PATH, Some(&draft())).await;
    let attachment = format!("{PATH}/{}", created.body["attachmentId"]);
    for operation in operations(&attachment, &file) {
        let answer = attempt(&app, None, &operation).await;
        if operation.1 == "/files" {
            assert_error(&answer, 401, "Unauthorized", "Authentication required");
        } else {
            assert!((200..300).contains(&answer.status), "{operation:?}: {}", answer.text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_token_mode_full_opens_nothing() {
    let (app, _tours) = start().await;
    let stranger = app.token("stranger", Role::Customer);
    let answer = signed(&app, &stranger, "POST", PATH, Some(&draft())).await;
    assert_error(&answer, 404, "Not Found", "SupportTicket not found for ticketId: 1523");
    let user_42 = app.token("42", Role::Customer);
    assert_eq!(signed(&app, &user_42, "POST", PATH, Some(&draft())).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn mode_none_lets_no_guest_in() {
    let tours = Tours::start().await;
    tours.add(1523, None, None);
    let app = beside(&tours).setting("CROSSDESK__TOURS__ANONYMOUS_ACCESS", "none").start::<Attachments>().await;
    for operation in operations(&format!("{PATH}/1"), "/files/file_1") {
        let answer = attempt(&app, None, &operation).await;
        assert_error(&answer, 401, "Unauthorized", "Authentication required");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn authentication_comes_before_everything_that_is_read() {
    let (app, _tours, ..) = start_closed().await;
    let request = app.request(Method::POST, PATH).header("content-type", "text/plain").body("{");
    assert_eq!(app.send(request).await.status, 401);
    let request = app.request(Method::POST, "/files").header("content-type", "text/plain").body("x");
    assert_eq!(app.send(request).await.status, 401);
    assert_eq!(guest(&app, "GET", &format!("{PATH}/abc"), None).await.status, 401);
    assert_eq!(guest(&app, "GET", "/files/abc", None).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_changes_hands_takes_its_attachments_along() {
    let (app, tours, customer, _) = start_closed().await;
    let created = signed(&app, &customer, "POST", PATH, Some(&draft())).await;
    let path = format!("{PATH}/{}", created.body["attachmentId"]);
    tours.give_to(1523, "user_456");
    let other = app.token("user_456", Role::Customer);
    assert_eq!(signed(&app, &customer, "GET", &path, None).await.status, 404);
    assert_eq!(signed(&app, &other, "GET", &path, None).await.text, created.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_and_foreign_cost_the_same_question() {
    let (app, tours, customer, agent) = start_closed().await;
    tours.add(1, Some("somebody else"), None);
    let foreign = signed(&app, &agent, "POST", PATH, Some(&with("ticketId", json!(1)))).await;
    for id in [foreign.body["attachmentId"].as_i64().unwrap(), 999_999] {
        let before = tours.calls();
        assert_not_found(&signed(&app, &customer, "GET", &format!("{PATH}/{id}"), None).await, &id.to_string());
        assert_eq!(tours.calls(), before + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn internal_routes_are_for_services_only() {
    let (app, _tours, customer, agent) = start_closed().await;
    let path = "/internal/v1/tours/tickets/1523/attachments?ticket_key=0199a500-1122-7334-8556-677889900aab";
    assert_eq!(guest(&app, "DELETE", path, None).await.status, 401);
    for token in [&customer, &agent, &app.token("root", Role::Admin)] {
        assert_eq!(signed(&app, token, "DELETE", path, None).await.status, 403);
    }
    let service = app.token("tour-tickets", Role::Service);
    assert_eq!(signed(&app, &service, "DELETE", path, None).await.status, 204);
}
