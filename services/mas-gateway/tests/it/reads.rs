//! The list and the single read (contract, section 6).

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::MockClock;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::TestApp;

use crate::{Line, TICKETS, basic, draft, error, with};

/// A service at the document's time.
async fn at_the_document_s_time() -> (Line, Arc<MockClock>) {
    let now: DateTime<Utc> = "2016-03-22T11:45:00.123456Z".parse().unwrap();
    let clock = Arc::new(MockClock::at(now));
    (Line::with(TestApp::builder().clock(Arc::clone(&clock) as _)).await, clock)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_reads_word_for_word_as_documented() {
    let (line, _) = at_the_document_s_time().await;
    line.accepted("456").await;
    let answer = line.get(TICKETS).await;
    assert_eq!(
        answer.text,
        r#"{"request_tracking_id":"457","tickets":[{"id":"100000457","status":"OPEN","load_type":"RES","load_description":"Resume Service","dispatch_date_time":"03/22/16 11:50:35","created_date_time":"03/22/16 11:45:00","services_info":[{"code":"6FL"}]}]}"#
    );
    assert_eq!((answer.status, answer.header("request-tracking-id")), (200, "457"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_single_read_is_word_for_word_as_documented() {
    let (line, _) = at_the_document_s_time().await;
    line.accepted("456").await;
    let answer = line.app.send(line.request(Method::GET, &format!("{TICKETS}/100000457"), "458")).await;
    assert_eq!(
        answer.text,
        r#"{"tickets":[{"id":"100000457","status":"OPEN","load_type":"RES","dispatch_date_time":"03/22/16 11:50:35","load_description":"Resume Service","created_by":"Siebel_201","created_date_time":"03/22/16 11:45:00","generate_ticket":"N","complaint":"N","comments":"","closed_date_time":"","closed_by":"","completion_code":"","completed_description":"","requested_by":"TESTMAN1","audit_info":{"logged_date_time":"03/22/16 11:45:00"},"services_info":[{"code":"6FL","description":"6 Yard FEL","quantity":"1","cost":"","special_description":""}]}]}"#
    );
    assert_eq!((answer.status, answer.header("request-tracking-id")), (200, "458"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_without_requests_has_an_empty_list() {
    let line = Line::start().await;
    line.accepted("456").await;
    let answer = line.get("/api/v1/customers/1/tickets").await;
    assert_eq!((answer.status, answer.text.as_str()), (200, r#"{"request_tracking_id":"457","tickets":[]}"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_filter_by_the_utc_day_of_acceptance_both_ends_included_newest_first() {
    let (line, clock) = at_the_document_s_time().await;
    for id in ["1", "2", "3"] {
        line.accepted(id).await;
        clock.advance(TimeDelta::hours(6) + TimeDelta::minutes(7));
    }
    // Accepted at 11:45, 17:52 and 23:59 of the 22nd; one more at 06:06 of the 23rd.
    line.accepted("4").await;
    for (query, expected) in [
        ("", vec!["100000460", "100000459", "100000458", "100000457"]),
        ("?fromDate=2016-03-22", vec!["100000460", "100000459", "100000458", "100000457"]),
        ("?fromDate=2016-03-23", vec!["100000460"]),
        ("?toDate=2016-03-22", vec!["100000459", "100000458", "100000457"]),
        ("?fromDate=2016-03-22&toDate=2016-03-22", vec!["100000459", "100000458", "100000457"]),
        ("?fromDate=2016-03-24", vec![]),
        ("?toDate=2016-03-21", vec![]),
        ("?toDate=9999-12-31&fromDate=0001-01-01", vec!["100000460", "100000459", "100000458", "100000457"]),
        ("?other=1&other=2", vec!["100000460", "100000459", "100000458", "100000457"]),
    ] {
        let answer = line.get(&format!("{TICKETS}{query}")).await;
        let ids: Vec<&str> =
            answer.body["tickets"].as_array().unwrap().iter().map(|ticket| ticket["id"].as_str().unwrap()).collect();
        assert_eq!(ids, expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_dates_are_named() {
    let line = Line::start().await;
    let (from, to) = ("fromDate must be yyyy-MM-dd", "toDate must be yyyy-MM-dd");
    for (query, problems) in [
        ("fromDate=", &[from][..]),
        ("fromDate=2016-3-22", &[from]),
        ("fromDate=22.03.2016", &[from]),
        ("fromDate=2016-02-30", &[from]),
        ("fromDate=2016-03-22T00:00:00Z", &[from]),
        ("fromDate=%2B016-03-22", &[from]),
        ("toDate=tomorrow", &[to]),
        ("toDate=2016-13-01", &[to]),
        ("fromDate=x&toDate=y", &[from, to]),
        ("fromDate=2016-03-23&toDate=2016-03-22", &["fromDate must not be after toDate"]),
        ("fromDate=2016-03-22&fromDate=2016-03-22", &["fromDate given twice"]),
    ] {
        let answer = line.get(&format!("{TICKETS}?{query}")).await;
        assert_eq!((answer.status, answer.body), (400, error(400, "Bad Request", problems, "457")), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_not_there_for_this_caller_is_the_same_404() {
    let line = Line::start().await;
    let transaction = line.accepted("456").await;
    let request = line.app.request(Method::POST, TICKETS).header("Authorization", basic("mdm", "mdm:other"));
    let request = request.header("ProfileId", "Siebel_201").header("Request-Tracking-Id", "456").json(&draft());
    let foreign = line.app.send(request).await.body["transaction_id"].as_i64().unwrap();
    let expected = error(404, "Not Found", &["Ticket not found"], "457");
    for path in [
        format!("{TICKETS}/{foreign}"),
        format!("{TICKETS}/1"),
        format!("{TICKETS}/0{transaction}"),
        format!("{TICKETS}/abc"),
        format!("{TICKETS}/-1"),
        format!("{TICKETS}/99999999999999999999"),
        format!("/api/v1/customers/1/tickets/{transaction}"),
    ] {
        let answer = line.get(&path).await;
        assert_eq!((answer.status, answer.body.clone()), (404, expected.clone()), "{path}");
        assert_eq!(answer.header("request-tracking-id"), "457");
    }
    let own = line.get(TICKETS).await.body["tickets"].clone();
    assert_eq!(own.as_array().map(Vec::len), Some(1), "the list has the caller's own only");
    let zeros = format!("/api/v1/customers/000104127993008/tickets/{transaction}");
    assert_eq!(line.get(&zeros).await.status, 200, "the customer matches as a number");
    let second = line.app.request(Method::GET, &format!("{TICKETS}/{transaction}"));
    let second = second.header("Authorization", basic("ocsuser", "ocsuser")).header("ProfileId", "Siebel_202");
    let second = line.app.send(second.header("Request-Tracking-Id", "1")).await;
    assert_eq!(second.status, 200, "the user counts, not the profile");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_value_of_the_reads_is_a_text_and_text_comes_back_as_it_was_sent() {
    let line = Line::start().await;
    let odd = " \u{1}\t<b>&amp; e\u{301} \u{1F600} \"\\/ \r\n ";
    let body =
        with(&[("reason", json!(odd)), ("requestor_info.name", json!(odd)), ("service.description", json!(odd))]);
    let transaction = line.post(TICKETS, "1", &body).await.body["transaction_id"].as_i64().unwrap();
    let detail = line.detail(transaction).await;
    for value in [&detail["load_description"], &detail["requested_by"], &detail["services_info"][0]["description"]] {
        assert_eq!(value, odd);
    }
    let mut left = vec![&detail];
    let list = line.get(TICKETS).await.body;
    left.push(&list["tickets"]);
    while let Some(value) = left.pop() {
        match value {
            Value::Object(members) => left.extend(members.values()),
            Value::Array(items) => left.extend(items),
            other => assert!(other.is_string(), "{other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_answered_like_get_without_a_body() {
    let line = Line::start().await;
    let answer = line.app.send(line.request(Method::HEAD, TICKETS, "457")).await;
    assert_eq!((answer.status, answer.text.as_str(), answer.header("request-tracking-id")), (200, "", "457"));
}
