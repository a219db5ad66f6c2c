//! Bad input of every kind: the line's own error, and nothing written.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{TICKETS, assert_error, draft, guest, opened_by_guest, start, with};

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_a_malformed_request_on_post_and_put() {
    let app = start().await;
    let path = opened_by_guest(&app, draft()).await;
    let bodies = [
        json!([]),
        json!("x"),
        json!(null),
        with("fullName", "a\u{0}b"),
        with("surprise", "a\u{0}b"),
        with("fullName", 5),
        with("message", json!(["x"])),
        with("email", json!({})),
        with("subject", true),
        with("status", "open"),
        with("status", ""),
        with("status", "PENDING"),
        with("status", 1),
        with("roleContext", "guide"),
        with("roleContext", "ADMIN"),
        with("category", "RESERVAS"),
        with("category", json!([])),
        with("userId", 0),
        with("userId", -1),
        with("userId", 4.2),
        with("userId", 1e19),
        with("userId", 9_223_372_036_854_775_808_u64),
        with("userId", "9223372036854775808"),
        with("userId", ""),
        with("userId", "0"),
        with("userId", "+42"),
        with("userId", " 42"),
        with("userId", "4.2"),
        with("userId", "abc"),
        with("userId", true),
        with("userId", json!([42])),
        // What is broken comes before what is missing.
        json!({"status": "open"}),
    ];
    for body in bodies {
        for (method, place) in [(Method::POST, TICKETS), (Method::PUT, path.as_str())] {
            let answer = guest(&app, method, place, Some(body.clone())).await;
            assert_error(&answer, 400, "Malformed request");
        }
    }
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_times_are_malformed_where_they_count() {
    let app = start().await;
    for member in ["createdAt", "updatedAt"] {
        for time in [
            json!("2026-03-11T10:30:00+02:00"),
            json!("2026-03-11T10:30:00-00:00"),
            json!("2026-03-11"),
            json!("2026-02-30T10:30:00"),
            json!("2026-03-11 10:30:00"),
            json!(""),
            json!(1_773_225_000),
        ] {
            let answer = guest(&app, Method::POST, TICKETS, Some(with(member, time))).await;
            assert_error(&answer, 400, "Malformed request");
        }
    }
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_member_that_is_missing_or_too_long_is_named() {
    let app = start().await;
    let path = opened_by_guest(&app, draft()).await;
    let long = |chars: usize| "é".repeat(chars);
    let without = |member: &str| {
        let mut body = draft();
        body.as_object_mut().unwrap().remove(member);
        body
    };
    let mut two = with("fullName", long(151));
    two["email"] = Value::Null;
    for (body, message) in [
        (json!({}), "fullName is required"),
        (with("fullName", Value::Null), "fullName is required"),
        (without("email"), "email is required"),
        (without("subject"), "subject is required"),
        (without("message"), "message is required"),
        (with("fullName", long(151)), "fullName must be at most 150 characters"),
        (with("email", long(191)), "email must be at most 190 characters"),
        (with("subject", long(181)), "subject must be at most 180 characters"),
        (with("message", long(65_536)), "message must be at most 65535 characters"),
        (two, "fullName must be at most 150 characters"),
    ] {
        for (method, place) in [(Method::POST, TICKETS), (Method::PUT, path.as_str())] {
            assert_error(&guest(&app, method, place, Some(body.clone())).await, 400, message);
        }
    }
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_json_are_refused_and_nothing_is_written() {
    let app = start().await;
    let deep = format!("{{\"subject\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let huge = format!("{{\"subject\":\"{}\"}}", "x".repeat(1_100_000));
    let unsupported = "Unsupported media type";
    for (body, content_type, status, message) in [
        (b"{".to_vec(), "application/json", 400, "Malformed request"),
        (Vec::new(), "application/json", 400, "Malformed request"),
        (Vec::new(), "", 400, "Malformed request"),
        (b"{\"subject\":\"\xff\xfe\"}".to_vec(), "application/json", 400, "Malformed request"),
        (deep.into_bytes(), "application/json", 400, "Malformed request"),
        (huge.into_bytes(), "application/json", 413, "Request too large"),
        (draft().to_string().into_bytes(), "text/plain", 415, unsupported),
        (draft().to_string().into_bytes(), "", 415, unsupported),
        (draft().to_string().into_bytes(), "application/jsonx", 415, unsupported),
        (draft().to_string().into_bytes(), "application/vnd.tours+json", 415, unsupported),
        (b"subject=x".to_vec(), "application/x-www-form-urlencoded", 415, unsupported),
        (Vec::new(), "text/plain", 415, unsupported),
        (vec![b'x'; 1_100_000], "text/plain", 415, unsupported),
    ] {
        let mut request = app.request(Method::POST, TICKETS).body(body);
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        assert_error(&app.send(request).await, status, message);
    }
    for accepted in ["application/json; charset=utf-8", "Application/JSON"] {
        let request = app.request(Method::POST, TICKETS).header("content-type", accepted).body(draft().to_string());
        assert_eq!(app.send(request).await.status, 201, "{accepted}");
    }
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_are_numbers_that_fit_and_are_printed_without_leading_zeros() {
    let app = start().await;
    for (id, status, message) in [
        ("abc", 400, "Invalid id"),
        ("-1", 400, "Invalid id"),
        ("1.0", 400, "Invalid id"),
        ("+1", 400, "Invalid id"),
        ("1%20", 400, "Invalid id"),
        ("9223372036854775808", 400, "Invalid id"),
        ("00000000000000000001", 400, "Invalid id"),
        ("%D9%A1", 400, "Invalid id"),
        ("0", 404, "SupportTicket not found with id: 0"),
        ("0007", 404, "SupportTicket not found with id: 7"),
        ("9223372036854775807", 404, "SupportTicket not found with id: 9223372036854775807"),
    ] {
        let path = format!("{TICKETS}/{id}");
        for (method, body) in [(Method::GET, None), (Method::PUT, Some(draft())), (Method::DELETE, None)] {
            assert_error(&guest(&app, method, &path, body).await, status, message);
        }
    }
    let path = opened_by_guest(&app, draft()).await;
    assert_eq!(guest(&app, Method::GET, &path.replace("/1", "/0001"), None).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_body_is_told_before_an_unknown_ticket() {
    let app = start().await;
    let answer = guest(&app, Method::PUT, &format!("{TICKETS}/999"), Some(json!({}))).await;
    assert_error(&answer, 400, "fullName is required");
}
