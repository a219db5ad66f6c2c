//! Bad input of every kind: the line's own error, a 4xx, and nothing written.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Line, TICKETS, draft, error, with};

#[tokio::test(flavor = "multi_thread")]
async fn each_problem_of_the_document_has_its_exact_text() {
    let line = Line::start().await;
    let time = "dispatch_date_time must be an RFC 3339 date-time with offset";
    let digits = "customer_id must be a number or a string of digits";
    let phone = "requestor_info.phone must be a number or a string of digits";
    for (member, value, problem) in [
        ("customer_id", json!("104 127"), digits),
        ("customer_id", json!(""), digits),
        ("customer_id", json!(-1), digits),
        ("customer_id", json!(1.5), digits),
        ("customer_id", json!(true), digits),
        ("customer_id", json!("1".repeat(19)), "customer_id is too long"),
        ("customer_id", json!(1_000_000_000_000_000_000_u64), "customer_id is too long"),
        ("customer_id", json!(1e30), "customer_id is too long"),
        ("customer_id", json!(104_127_993_009_i64), "customer_id does not match the customer in the path"),
        ("reason_code", Value::Null, "reason_code is required"),
        ("reason_code", json!(""), "reason_code is required"),
        ("reason_code", json!(" \u{2003}\t"), "reason_code is required"),
        ("reason_code", json!(5), "reason_code must be a string"),
        ("reason_code", json!("x".repeat(21)), "reason_code is too long"),
        ("reason", json!(["x"]), "reason must be a string"),
        ("reason", json!("x".repeat(201)), "reason is too long"),
        ("dispatch_date_time", Value::Null, "dispatch_date_time is required"),
        ("dispatch_date_time", json!(" "), "dispatch_date_time is required"),
        ("dispatch_date_time", json!(1_458_647_435), "dispatch_date_time must be a string"),
        ("dispatch_date_time", json!("2016-03-22T11:50:35"), time),
        ("dispatch_date_time", json!("2016-03-22"), time),
        ("dispatch_date_time", json!("1899-12-31T23:59:59Z"), time),
        ("dispatch_date_time", json!("tomorrow"), time),
        ("service", Value::Null, "service is required"),
        ("service", json!("6FL"), "service must be an object"),
        ("service", json!([]), "service must be an object"),
        ("service.id", json!(1.5), "service.id must be a string"),
        ("service.id", json!(true), "service.id must be a string"),
        ("service.id", json!("x".repeat(51)), "service.id is too long"),
        ("service.code", Value::Null, "service.code is required"),
        ("service.code", json!({}), "service.code must be a string"),
        ("service.code", json!("x".repeat(21)), "service.code is too long"),
        ("service.description", json!(1), "service.description must be a string"),
        ("service.description", json!("x".repeat(201)), "service.description is too long"),
        ("requestor_info", Value::Null, "requestor_info is required"),
        ("requestor_info", json!(1), "requestor_info must be an object"),
        ("requestor_info.name", json!("  "), "requestor_info.name is required"),
        ("requestor_info.name", json!(1), "requestor_info.name must be a string"),
        ("requestor_info.name", json!("x".repeat(101)), "requestor_info.name is too long"),
        ("requestor_info.phone", json!("+1 987"), phone),
        ("requestor_info.phone", json!(-987), phone),
        ("requestor_info.phone", json!({}), phone),
        ("requestor_info.phone", json!("9".repeat(19)), "requestor_info.phone is too long"),
        ("requestor_info.email", json!(1), "requestor_info.email must be a string"),
        ("requestor_info.email", json!("x".repeat(255)), "requestor_info.email is too long"),
        ("assigned_to_user", json!(1), "assigned_to_user must be a string"),
        ("assigned_to_user", json!("x".repeat(101)), "assigned_to_user is too long"),
    ] {
        let answer = line.post(TICKETS, "456", &with(&[(member, value.clone())])).await;
        let expected = error(400, "Bad Request", &[problem], "456");
        assert_eq!((answer.status, answer.body.clone()), (400, expected), "{member} {value}");
        assert_eq!(answer.header("request-tracking-id"), "456");
    }
    assert_eq!(line.app.database.count("SELECT count(*) FROM tickets").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_problems_are_told_at_once_in_the_order_of_the_table() {
    let line = Line::start().await;
    let example = with(&[("reason_code", Value::Null), ("service.code", Value::Null)]);
    let answer = line.post(TICKETS, "456", &example).await;
    assert_eq!(
        answer.text,
        r#"{"error":{"code":"400","message":"Bad Request","errors":[{"message":"reason_code is required"},{"message":"service.code is required"}]},"request_tracking_id":"456"}"#
    );
    let nothing = line.post(TICKETS, "456", &json!({})).await;
    let required = ["reason_code", "dispatch_date_time", "service", "requestor_info"];
    let problems: Vec<String> = required.iter().map(|member| format!("{member} is required")).collect();
    let problems: Vec<&str> = problems.iter().map(String::as_str).collect();
    assert_eq!(nothing.body, error(400, "Bad Request", &problems, "456"));
    let everything = json!({
        "customer_id": 5, "reason_code": 5, "reason": 5, "dispatch_date_time": "x", "assigned_to_user": 5,
        "service": {"id": [], "code": 5, "description": 5}, "requestor_info": {"name": "", "phone": "x", "email": 5},
    });
    let problems = [
        "customer_id does not match the customer in the path",
        "reason_code must be a string",
        "reason must be a string",
        "dispatch_date_time must be an RFC 3339 date-time with offset",
        "service.id must be a string",
        "service.code must be a string",
        "service.description must be a string",
        "requestor_info.name is required",
        "requestor_info.phone must be a number or a string of digits",
        "requestor_info.email must be a string",
        "assigned_to_user must be a string",
    ];
    let answer = line.post(TICKETS, "456", &everything).await;
    assert_eq!(answer.body, error(400, "Bad Request", &problems, "456"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_json_object_is_malformed_and_nothing_else() {
    let line = Line::start().await;
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(128), "]".repeat(128));
    for body in ["", "{", "[]", "\"x\"", "null", "5", "{}{}", "{\"reason_code\":\"a\\u0000\"}", &deep] {
        let request = line.request(Method::POST, TICKETS, "456").header("Content-Type", "application/json");
        let answer = line.app.send(request.body(body.to_owned())).await;
        let expected = error(400, "Bad Request", &["malformed JSON"], "456");
        assert_eq!((answer.status, answer.body), (400, expected), "{body}");
    }
    let request = line.request(Method::POST, TICKETS, "456").header("Content-Type", "application/json");
    assert_eq!(line.app.send(request.body(b"{\"reason\":\"\xff\"}".to_vec())).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_media_types_and_large_bodies_are_refused_in_the_line_s_words() {
    let line = Line::start().await;
    for kind in ["text/plain", "application/xml", "application/x-www-form-urlencoded", "json", ""] {
        let request = line.request(Method::POST, TICKETS, "456").header("Content-Type", kind).body(draft().to_string());
        let answer = line.app.send(request).await;
        let expected = error(415, "Unsupported Media Type", &["Unsupported media type"], "456");
        assert_eq!((answer.status, answer.body.clone()), (415, expected), "{kind}");
        assert_eq!(answer.header("request-tracking-id"), "456");
    }
    let large = with(&[("surprise", json!("x".repeat(1024 * 1024)))]);
    let answer = line.post(TICKETS, "456", &large).await;
    let expected = error(413, "Payload Too Large", &["Request too large"], "456");
    assert_eq!((answer.status, answer.body), (413, expected));
    assert_eq!(line.app.database.count("SELECT count(*) FROM tickets").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_in_the_path_are_1_to_18_digits() {
    let line = Line::start().await;
    let expected = error(400, "Bad Request", &["customerId must be 1 to 18 digits"], "457");
    for customer in ["abc", "1a", "-1", "+1", "1.0", "%20", "1111111111111111111", "%D9%A1"] {
        for suffix in ["", "/100000457"] {
            let answer = line.get(&format!("/api/v1/customers/{customer}/tickets{suffix}")).await;
            assert_eq!((answer.status, answer.body), (400, expected.clone()), "{customer}{suffix}");
        }
    }
    let answer = line.post("/api/v1/customers/abc/tickets", "457", &draft()).await;
    assert_eq!((answer.status, answer.body), (400, expected));
}
