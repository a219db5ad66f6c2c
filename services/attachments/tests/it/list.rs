//! The list: complete unless it is cut, in the order of ids, and of nobody else's tickets.

use domain::Role;
use serde_json::{Value, json};

use crate::{PATH, added, assert_error, guest, signed, start, start_closed, with};

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|item| item["attachmentId"].as_i64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_and_after_id_cut_the_list() {
    let (app, tours) = start().await;
    tours.add(1524, None, None);
    let mut made = Vec::new();
    for number in 0..5 {
        let path = added(&app, &with("ticketId", json!(1523 + number % 2))).await;
        made.push(path.rsplit('/').next().unwrap().parse::<i64>().unwrap());
    }
    for (query, expected) in [
        (String::new(), &made[..]),
        ("?limit=2".to_owned(), &made[..2]),
        (format!("?limit=2&afterId={}", made[1]), &made[2..4]),
        (format!("?afterId={}", made[3]), &made[4..]),
        ("?afterId=0&limit=1000".to_owned(), &made[..]),
        ("?afterId=9223372036854775807".to_owned(), &[]),
        ("?ticketId=1524".to_owned(), &[made[1], made[3]]),
        (format!("?ticketId=1524&afterId={}", made[1]), &[made[3]]),
        ("?ticketId=0".to_owned(), &[]),
        ("?ticketId=999999".to_owned(), &[]),
        ("?unknown=x".to_owned(), &made[..]),
    ] {
        let answer = guest(&app, "GET", &format!("{PATH}{query}"), None).await;
        assert_eq!((answer.status, ids(&answer.body)), (200, expected.to_vec()), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_parameters_are_malformed_requests() {
    let (app, _tours) = start().await;
    for query in [
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=x",
        "limit=",
        "limit=1.0",
        "limit=1&limit=2",
        "afterId=-1",
        "afterId=x",
        "afterId=",
        "afterId=9223372036854775808",
        "ticketId=x",
        "ticketId=-1",
        "ticketId=1&ticketId=1",
    ] {
        let answer = guest(&app, "GET", &format!("{PATH}?{query}"), None).await;
        assert_error(&answer, 400, "Bad Request", "Malformed request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_thousands_is_complete_and_in_order() {
    let (app, _tours) = start().await;
    added(&app, &with("fileName", json!("the first"))).await;
    for rows in [999, 1000, 1001, 2000, 2500] {
        app.database
            .run(&format!(
                "DELETE FROM attachments; INSERT INTO attachments SELECT id, 1523, 'http://x/' || id, 'n', NULL, id, \
                 '2026-03-11T10:30:00Z' FROM generate_series(1, {rows}) AS ids (id)"
            ))
            .await;
        let answer = guest(&app, "GET", PATH, None).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(ids(&answer.body), (1..=rows).collect::<Vec<i64>>(), "{rows} rows");
        let cut = guest(&app, "GET", &format!("{PATH}?limit=1000&afterId=5"), None).await;
        assert_eq!(ids(&cut.body).len(), 1000.min(rows as usize - 5));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_see_the_attachments_of_their_own_tickets() {
    let (app, tours, customer, agent) = start_closed().await;
    tours.add(1, Some("somebody else"), Some(42));
    let (number_42, machine) = (app.token("42", Role::Customer), app.token("user_123", Role::Service));
    let agents = async |ticket: i64| {
        let answer = signed(&app, &agent, "POST", PATH, Some(&with("ticketId", json!(ticket)))).await;
        answer.body["attachmentId"].as_i64().unwrap()
    };
    let (own, foreign) = (agents(1523).await, agents(1).await);
    for (token, expected) in
        [(&customer, vec![own]), (&machine, vec![own]), (&number_42, vec![foreign]), (&agent, vec![own, foreign])]
    {
        assert_eq!(ids(&signed(&app, token, "GET", PATH, None).await.body), expected);
    }
    for (ticket, expected) in [(1523, vec![own]), (1, vec![]), (999_999, vec![])] {
        let list = signed(&app, &customer, "GET", &format!("{PATH}?ticketId={ticket}"), None).await;
        assert_eq!((list.status, ids(&list.body)), (200, expected), "{ticket}");
    }
    assert_eq!(signed(&app, &app.token("nobody", Role::Customer), "GET", PATH, None).await.text, "[]");
}
