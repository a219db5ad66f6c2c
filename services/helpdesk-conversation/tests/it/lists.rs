//! The lists of tickets and conversations: complete, newest first, and quick when they are long.

use domain::Role;
use serde_json::{Value, json};

use crate::{TICKETS, error, open, start};

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_see_what_they_opened_and_support_sees_all() {
    let (app, customer, agent) = start().await;
    let other = app.token("user_456", Role::Customer);
    let (first, second, third) = (open(&app, &customer).await, open(&app, &other).await, open(&app, &customer).await);
    assert_eq!(app.get(TICKETS, &customer).await.body, json!([third, first]));
    assert_eq!(app.get(TICKETS, &other).await.body, json!([second]));
    assert_eq!(app.get(TICKETS, &agent).await.body, json!([third, second, first]));
    assert_eq!(app.get(TICKETS, &app.token("boss", Role::Admin)).await.body, json!([third, second, first]));
    assert_eq!(app.get(TICKETS, &app.token("machine", Role::Service)).await.body, json!([]));
    assert_eq!(app.get(&format!("{TICKETS}/my"), &customer).await.body, json!([third, first]));
    assert_eq!(app.get(&format!("{TICKETS}/my"), &agent).await.body, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_and_before_cut_the_list() {
    let (app, customer, agent) = start().await;
    for _ in 0..5 {
        open(&app, &customer).await;
    }
    for (token, list) in [(&agent, TICKETS), (&customer, TICKETS), (&customer, "/api/v1/support/tickets/my")] {
        let get = async |query: &str| ids(&app.get(&format!("{list}?{query}"), token).await.body);
        assert_eq!(get("limit=2").await, [5, 4]);
        assert_eq!(get("limit=2&before=4").await, [3, 2]);
        assert_eq!(get("before=3").await, [2, 1]);
        assert_eq!(get("before=1").await, [0; 0]);
        assert_eq!(get("limit=1000&unknown=1&unknown=2").await, [5, 4, 3, 2, 1]);
        assert_eq!(get("before=2147483647").await, [5, 4, 3, 2, 1]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_values_of_limit_and_before_are_refused() {
    let (app, customer, _) = start().await;
    let ticket = open(&app, &customer).await;
    let messages = format!("/api/v1/conversations/{}/messages", ticket["conversation"]["id"]);
    for query in [
        "limit=0",
        "limit=-1",
        "limit=",
        "limit=1.0",
        "limit=x",
        "limit=%2B1",
        "limit=1&limit=1",
        "limit=99999999999",
        "before=0",
        "before=",
        "before=x",
        "before=2147483648",
        "before=1&before=2",
        "limit=%FF",
    ] {
        for list in [TICKETS, "/api/v1/support/tickets/my", &messages] {
            let answer = app.get(&format!("{list}?{query}"), &customer).await;
            assert_eq!(
                (answer.status, &answer.body["error"]),
                (400, &json!("request:query:invalid")),
                "{list} {query}"
            );
        }
    }
    for (list, limit, status) in
        [(TICKETS, 1000, 200), (TICKETS, 1001, 400), (&messages, 100, 200), (&messages, 101, 400)]
    {
        assert_eq!(app.get(&format!("{list}?limit={limit}"), &customer).await.status, status, "{list} {limit}");
    }
    let unknown = app.get("/api/v1/conversations/999/messages?limit=0", &customer).await;
    assert_eq!(unknown.status, 400, "parameters come before existence");
    let unknown = app.get("/api/v1/conversations/999/messages", &customer).await;
    assert_eq!(unknown.body, error("conversation:not-found", "not found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn long_lists_are_complete_and_in_order() {
    let (app, customer, agent) = start().await;
    crate::number(&app, &customer).await;
    // Also lengths at the edge of a page, where an empty last page follows.
    for (more, total) in [(1000, 1000), (1, 1001), (999, 2000), (8000, 10_000)] {
        app.database
            .run(&format!(
                "WITH new AS (INSERT INTO tickets SELECT nextval('ticket_ids'), gen_random_uuid(), 1, \
                 nextval('conversation_ids'), 'a \"long\" list', 1, 'new', 'normal', NULL, now(), now() \
                 FROM generate_series(1, {more}) RETURNING conversation_id) \
                 INSERT INTO members SELECT conversation_id, 1, 0 FROM new"
            ))
            .await;
        let expected: Vec<i64> = (1..=total).rev().collect();
        for (token, list) in [
            (&agent, TICKETS),
            (&customer, TICKETS),
            (&customer, "/api/v1/support/tickets/my"),
            (&customer, "/api/v1/conversations"),
        ] {
            let answer = app.get(list, token).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
            assert_eq!(ids(&answer.body), expected, "{list}, {total}");
        }
        let rest = app.get(&format!("{TICKETS}?before={total}"), &customer).await;
        assert_eq!(ids(&rest.body), expected[1..], "{total}");
        let head = app.send(app.request(reqwest::Method::HEAD, TICKETS).bearer_auth(&customer)).await;
        assert_eq!((head.status, head.text.as_str()), (200, ""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_users_is_complete_too() {
    let (app, customer, agent) = start().await;
    crate::number(&app, &agent).await;
    app.database
        .run("INSERT INTO users (subject, name, is_super, is_support) SELECT 'u' || n, 'u', false, false FROM generate_series(1, 2500) n")
        .await;
    let numbers = ids(&app.get("/api/v1/users", &agent).await.body);
    assert_eq!((numbers.len(), numbers.is_sorted()), (2501, true));
    assert_eq!(ids(&app.get("/api/v1/users", &customer).await.body).len(), 1);
}
