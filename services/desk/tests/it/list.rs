//! Filters, orders, and what is refused.

use domain::{Line, Priority, Role, Status};
use serde_json::Value;
use testkit::TestApp;

use crate::story::{Story, desk, second};

/// The places of the tickets found, in the order of the answer.
async fn found(app: &TestApp, stories: &[Story], query: &str) -> Vec<usize> {
    let answer = app.get(&format!("/v1/tickets?{query}"), &app.token("agent_1", Role::Agent)).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    let place = |ticket: &Value| stories.iter().position(|story| ticket["id"] == story.key.to_string()).unwrap();
    answer.body["data"].as_array().unwrap().iter().map(place).collect()
}

async fn four_tickets(app: &TestApp) -> Vec<Story> {
    let stories = vec![
        Story::opened_at(Line::Loan, "user_1", second(100)).assigned(Some("agent_1")).moved(Status::Open),
        Story::opened_at(Line::Loan, "user_2", second(200)).prioritised(Priority::High),
        Story::opened_at(Line::Tours, "user_1", second(300)).assigned(Some("agent_2")),
        // Opened first, changed last, and taken from its agent again.
        Story::opened_at(Line::Mas, "user_3", second(50)).assigned(Some("agent_1")),
    ];
    for story in &stories {
        story.tell(app).await;
    }
    let mut last = stories;
    last[3] = last[3].clone().at(second(400)).assigned(None);
    app.publish(&last[3].last()).await;
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn each_filter_finds_its_tickets_and_filters_combine() {
    let app = desk().await;
    let stories = four_tickets(&app).await;
    let cases: [(&str, &[usize]); 16] = [
        ("", &[3, 2, 1, 0]),
        ("line=loan", &[1, 0]),
        ("line=mobility", &[]),
        ("status=new", &[3, 2, 1]),
        ("status=open", &[0]),
        ("priority=high", &[1]),
        ("assignee=me", &[0]),
        ("assignee=none", &[3, 1]),
        ("assignee=agent_2", &[2]),
        ("assignee=nobody_has_this_name", &[]),
        ("requester=user_1", &[2, 0]),
        ("requester=user_1&line=loan&status=open&priority=normal&assignee=agent_1", &[0]),
        ("requester=user_1&line=loan&status=new", &[]),
        ("updated_since=2027-01-15T08:05:01Z", &[3, 2]),
        ("updated_since=2027-01-15T09:05:02%2B01:00", &[3]),
        ("unknown=parameter", &[3, 2, 1, 0]),
    ];
    for (query, expected) in cases {
        assert_eq!(found(&app, &stories, query).await, expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sort_has_its_order() {
    let app = desk().await;
    let stories = four_tickets(&app).await;
    let cases = [
        ("sort=-updated_at", [3, 2, 1, 0]),
        ("sort=updated_at", [0, 1, 2, 3]),
        ("sort=-created_at", [2, 1, 0, 3]),
        ("sort=created_at", [3, 0, 1, 2]),
    ];
    for (query, expected) in cases {
        assert_eq!(found(&app, &stories, query).await, expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_is_refused_by_name() {
    let app = desk().await;
    let token = app.token("agent_1", Role::Agent);
    let cases = [
        ("line=trains", "line"),
        ("line=", "line"),
        ("status=Open", "status"),
        ("priority=highest", "priority"),
        ("assignee=", "assignee"),
        ("assignee=a%00b", "assignee"),
        ("requester=", "requester"),
        ("updated_since=yesterday", "updated_since"),
        ("updated_since=2026-01-01", "updated_since"),
        ("sort=priority", "sort"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=%2B5", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("limit=ten", "limit"),
        ("status=new&status=open", "status"),
    ];
    for (query, parameter) in cases {
        let answer = app.get(&format!("/v1/tickets?{query}"), &token).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{query}");
        assert_eq!(answer.body["code"], "invalid-parameter", "{query}");
        assert_eq!(answer.body["parameter"], parameter, "{query}");
        assert_eq!((&answer.body["title"], &answer.body["status"]), (&"Bad Request".into(), &400.into()), "{query}");
        assert!(answer.body["detail"].as_str().unwrap().starts_with(parameter), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_is_a_page_and_head_has_the_headers_of_get() {
    let app = desk().await;
    let token = app.token("agent_1", Role::Agent);
    assert_eq!(app.get("/v1/tickets?limit=200", &token).await.status, 200);
    let head = app.send(app.request(reqwest::Method::HEAD, "/v1/tickets").bearer_auth(&token)).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    let post = app.post("/v1/tickets", &token, serde_json::json!({})).await;
    assert_eq!((post.status, post.header("allow")), (405, "GET, HEAD"));
}
