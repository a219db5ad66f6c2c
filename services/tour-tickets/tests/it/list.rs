//! The list: complete, in order, and in parts.

use domain::Role;
use reqwest::Method;
use testkit::TestApp;

use crate::{TICKETS, assert_error, draft, guest, opened_by_guest, start};

/// So many tickets, of customer 7 every tenth.
async fn fill(app: &TestApp, count: usize) {
    app.database
        .run(&format!(
            "INSERT INTO tickets SELECT nextval('ticket_ids'), gen_random_uuid(), 1, NULL, \
             CASE WHEN n % 10 = 0 THEN 7 END, false, 'GUEST', 'n', 'e', 's', 'GENERAL', 'm', 'new', 'OPEN', 'normal', \
             NULL, now(), now() FROM generate_series(1, {count}) AS n"
        ))
        .await;
}

async fn ids(app: &TestApp, query: &str) -> Vec<i64> {
    let answer = guest(app, Method::GET, &format!("{TICKETS}{query}"), None).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{query}");
    answer.body.as_array().unwrap().iter().map(|ticket| ticket["ticketId"].as_i64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_list_is_an_array() {
    let app = start().await;
    assert_eq!(guest(&app, Method::GET, TICKETS, None).await.text, "[]");
    assert_eq!(guest(&app, Method::GET, &format!("{TICKETS}?afterId=5&limit=1000"), None).await.text, "[]");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_any_length_is_complete_and_in_order() {
    let app = start().await;
    let mut count = 0_i64;
    // Around the edges of what is read at once.
    for more in [249, 1, 1, 248, 1, 1, 999] {
        fill(&app, more).await;
        count += more as i64;
        assert_eq!(ids(&app, "").await, (1..=count).collect::<Vec<_>>());
    }
    let long = guest(&app, Method::GET, TICKETS, None).await;
    assert_eq!(long.header("transfer-encoding"), "chunked", "it is not kept in memory as a whole");
    let head = guest(&app, Method::HEAD, TICKETS, None).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    let own = app.get(TICKETS, &app.token("7", Role::Customer)).await;
    assert!(own.body.as_array().unwrap().iter().all(|ticket| ticket["userId"] == 7));
    assert_eq!(own.body.as_array().map(Vec::len), Some(147));
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_and_after_id_cut_the_list() {
    let app = start().await;
    fill(&app, 1200).await;
    assert_eq!(ids(&app, "?limit=3").await, [1, 2, 3]);
    assert_eq!(ids(&app, "?limit=3&afterId=3").await, [4, 5, 6]);
    assert_eq!(ids(&app, "?afterId=1198").await, [1199, 1200]);
    assert_eq!(ids(&app, "?limit=1000").await.len(), 1000);
    assert_eq!(ids(&app, "?afterId=0&unknown=1&unknown=2").await.len(), 1200);
    assert_eq!(ids(&app, "?afterId=9223372036854775807").await, [0_i64; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_parameters_are_a_malformed_request() {
    let app = start().await;
    for query in [
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=",
        "limit=abc",
        "limit=5.0",
        "limit=%2B5",
        "limit=99999999999999999999",
        "limit=1&limit=1",
        "afterId=-1",
        "afterId=",
        "afterId=x",
        "afterId=9223372036854775808",
        "afterId=1&afterId=1",
    ] {
        let answer = guest(&app, Method::GET, &format!("{TICKETS}?{query}"), None).await;
        assert_error(&answer, 400, "Malformed request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_fails_is_an_error_or_is_cut_but_never_looks_complete() {
    let app = start().await;
    fill(&app, 600).await;
    // A row that is no ticket, behind what is read first.
    app.database.run("UPDATE tickets SET category = 'X' WHERE ticket_id = 400").await;
    let answer = app.request(Method::GET, TICKETS).send().await.unwrap();
    assert_eq!(answer.status(), 200, "the head was sent before");
    assert!(answer.text().await.is_err(), "the body ends without its end");
    app.database.run("UPDATE tickets SET category = 'X' WHERE ticket_id = 4").await;
    assert_error(&guest(&app, Method::GET, TICKETS, None).await, 500, "Unexpected internal server error");
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_answered_as_get_without_a_body() {
    let app = start().await;
    let path = opened_by_guest(&app, draft()).await;
    for place in [TICKETS, path.as_str()] {
        let (head, get) = (guest(&app, Method::HEAD, place, None).await, guest(&app, Method::GET, place, None).await);
        assert_eq!((head.status, head.text.as_str()), (200, ""));
        assert_eq!(head.header("content-length"), get.header("content-length"));
        assert_eq!(head.header("content-type"), get.header("content-type"));
    }
}
