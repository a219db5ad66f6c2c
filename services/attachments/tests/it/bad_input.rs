//! Requests that do not fit, with the contract's texts.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{PATH, added, assert_error, draft, guest, start, with};

#[tokio::test(flavor = "multi_thread")]
async fn each_member_is_refused_with_its_own_text() {
    let (app, _tours) = start().await;
    let path = added(&app, &draft()).await;
    let url = "fileUrl must be an http or https URL";
    let long_url = format!("http://x/{}", "a".repeat(492));
    for (member, value, message) in [
        ("ticketId", Value::Null, "ticketId is required"),
        ("ticketId", json!("abc"), "Malformed request"),
        ("ticketId", json!("-1"), "Malformed request"),
        ("ticketId", json!(""), "Malformed request"),
        ("ticketId", json!(4.2), "Malformed request"),
        ("ticketId", json!(true), "Malformed request"),
        ("ticketId", json!([1523]), "Malformed request"),
        ("ticketId", json!(9_223_372_036_854_775_808_u64), "Malformed request"),
        ("ticketId", json!("9223372036854775808"), "Malformed request"),
        ("fileUrl", Value::Null, "fileUrl is required"),
        ("fileUrl", json!(5), "Malformed request"),
        ("fileUrl", json!(""), url),
        ("fileUrl", json!("javascript:alert(1)"), url),
        ("fileUrl", json!("ftp://x/y"), url),
        ("fileUrl", json!("/a.png"), url),
        ("fileUrl", json!("//x/a.png"), url),
        ("fileUrl", json!("a.png"), url),
        ("fileUrl", json!("http:"), url),
        ("fileUrl", json!("http://"), url),
        ("fileUrl", json!("http:///x"), url),
        ("fileUrl", json!("https:x"), url),
        ("fileUrl", json!("http:\\\\x"), url),
        ("fileUrl", json!(" http://x/"), url),
        ("fileUrl", json!("http://x/ y"), url),
        ("fileUrl", json!("java\nscript:x"), url),
        ("fileUrl", json!("data:text/html,http://x"), url),
        ("fileUrl", json!(long_url), "fileUrl must be at most 500 characters"),
        ("fileName", Value::Null, "fileName is required"),
        ("fileName", json!({}), "Malformed request"),
        ("fileName", json!("n".repeat(256)), "fileName must be at most 255 characters"),
        ("mimeType", json!(1), "Malformed request"),
        ("mimeType", json!("m".repeat(101)), "mimeType must be at most 100 characters"),
        ("fileSizeBytes", json!(-1), "fileSizeBytes must not be negative"),
        ("fileSizeBytes", json!(-1.0), "fileSizeBytes must not be negative"),
        ("fileSizeBytes", json!(0.5), "Malformed request"),
        ("fileSizeBytes", json!("1.5"), "Malformed request"),
        ("fileSizeBytes", json!(1e30), "Malformed request"),
        ("fileName", json!("a\u{0}b"), "Malformed request"),
    ] {
        for (method, place) in [("POST", PATH), ("PUT", path.as_str())] {
            let answer = guest(&app, method, place, Some(&with(member, value.clone()))).await;
            assert_eq!(answer.status, 400, "{method} {member}: {value}");
            assert_error(&answer, 400, "Bad Request", message);
        }
    }
    for bad in ["2026-03-11T10:30:00+02:00", "yesterday", "", "2026-13-01T00:00"] {
        let answer = guest(&app, "POST", PATH, Some(&with("uploadedAt", json!(bad)))).await;
        assert_error(&answer, 400, "Bad Request", "Malformed request");
    }
    assert_eq!(app.database.count("SELECT count(*) FROM attachments").await, 1, "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limits_themselves_are_accepted() {
    let (app, _tours) = start().await;
    for (member, value) in [
        ("fileUrl", json!(format!("http://x/{}", "\u{e9}".repeat(491)))),
        ("fileName", json!("\u{1F600}".repeat(255))),
        ("mimeType", json!("\u{e9}".repeat(100))),
        ("mimeType", json!("")),
        ("fileSizeBytes", json!(0)),
        ("fileSizeBytes", json!(i64::MAX)),
        ("fileUrl", json!("http://user:password@[::1]:99/")),
        ("fileUrl", json!("hTTp://x")),
    ] {
        let path = added(&app, &with(member, value.clone())).await;
        assert_eq!(guest(&app, "GET", &path, None).await.body[member], value, "{member}");
    }
    for (sent, kept) in [(json!("42"), 42), (json!(42.0), 42), (json!("0042"), 42), (json!("0"), 0)] {
        let path = added(&app, &with("fileSizeBytes", sent)).await;
        assert_eq!(guest(&app, "GET", &path, None).await.body["fileSizeBytes"], kept);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_fault_counts_after_everything_parses() {
    let (app, _tours) = start().await;
    for (body, message) in [
        (json!({}), "ticketId is required"),
        (json!({"ticketId": 1523}), "fileUrl is required"),
        (json!({"ticketId": 1523, "fileUrl": "x"}), "fileUrl must be an http or https URL"),
        (json!({"ticketId": 1523, "fileUrl": "http://x"}), "fileName is required"),
        (json!({"fileSizeBytes": "x"}), "Malformed request"),
        (json!({"fileName": "n".repeat(256), "fileSizeBytes": -1}), "ticketId is required"),
        (with("uploadedAt", json!(5)), "Malformed request"),
    ] {
        assert_error(&guest(&app, "POST", PATH, Some(&body)).await, 400, "Bad Request", message);
    }
    // Fields are checked before the ticket is looked for.
    let mut body = with("ticketId", json!(999_999));
    body["fileSizeBytes"] = json!(-1);
    let answer = guest(&app, "POST", PATH, Some(&body)).await;
    assert_error(&answer, 400, "Bad Request", "fileSizeBytes must not be negative");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_are_no_ticket_are_unknown_tickets() {
    let (app, _tours) = start().await;
    for number in [999_999, 0, -1, i64::MAX, i64::MIN] {
        let answer = guest(&app, "POST", PATH, Some(&with("ticketId", json!(number)))).await;
        assert_error(&answer, 404, "Not Found", &format!("SupportTicket not found for ticketId: {number}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_json_object_are_malformed() {
    let (app, _tours) = start().await;
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    for body in ["", "[]", "null", "{", "{}x", "\"x\"", "{\"ticketId\":1523,}", &deep] {
        let request = app.request(Method::POST, PATH).header("content-type", "application/json").body(body.to_owned());
        assert_error(&app.send(request).await, 400, "Bad Request", "Malformed request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_json_is_accepted_and_no_more_than_a_mebibyte_of_it() {
    let (app, _tours) = start().await;
    let text = draft().to_string();
    for media in ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""] {
        let request = app.request(Method::POST, PATH).header("content-type", media).body(text.clone());
        let answer = app.send(request).await;
        assert_error(&answer, 415, "Unsupported Media Type", "Unsupported media type");
    }
    let request = app.request(Method::POST, PATH).header("content-type", "Application/JSON; charset=utf-8");
    assert_eq!(app.send(request.body(text)).await.status, 201);
    let large = json!({"fileName": "x".repeat(1024 * 1024)});
    assert_error(&guest(&app, "POST", PATH, Some(&large)).await, 413, "Payload Too Large", "Request too large");
}
