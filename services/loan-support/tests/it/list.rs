//! The list of the caller's own tickets.

use serde_json::json;

use crate::{draft, error, opened, start};

#[tokio::test(flavor = "multi_thread")]
async fn the_list_has_own_tickets_only_for_everyone_newest_first() {
    let (app, customer, agent) = start().await;
    let (first, second) = (opened(&app, &customer).await, opened(&app, &customer).await);
    let answer = app.get("/support/tickets", &customer).await;
    let ids: Vec<_> = answer.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| format!("/support/tickets/{}", item["ticketId"].as_str().unwrap()))
        .collect();
    assert_eq!(ids, [second, first]);
    assert_eq!(answer.header("x-total-count"), "2");
    let mut names: Vec<_> = answer.body["data"][0].as_object().unwrap().keys().cloned().collect();
    names.sort_unstable();
    assert_eq!(names, ["createdAt", "priority", "status", "subject", "ticketId", "updatedAt"]);
    let own = app.get("/support/tickets", &agent).await;
    assert_eq!((own.body["data"].clone(), own.header("x-total-count")), (json!([]), "0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_are_combined_and_pages_do_not_overlap() {
    let (app, customer, agent) = start().await;
    for number in 0..25 {
        let mut body = draft();
        body["priority"] = json!(if number % 2 == 0 { "High" } else { "Low" });
        let created = app.post("/support/tickets", &customer, body).await;
        if number % 5 == 0 {
            let id = created.body["data"]["ticketId"].as_str().unwrap();
            app.post(&format!("/support/tickets/{id}/messages"), &agent, json!({"message": "m"})).await;
        }
    }
    for query in ["status=In+Progress", "status=In%20Progress"] {
        let answer = app.get(&format!("/support/tickets?{query}"), &customer).await;
        assert_eq!(answer.body["data"].as_array().unwrap().len(), 5);
    }
    let both = app.get("/support/tickets?status=In+Progress&priority=High&unknown=1&unknown=2", &customer).await;
    assert_eq!(both.header("x-total-count"), "3");
    let mut seen = Vec::new();
    for page in 1..=3 {
        let answer = app.get(&format!("/support/tickets?page={page}&limit=10"), &customer).await;
        assert_eq!(answer.header("x-total-count"), "25");
        seen.extend(answer.body["data"].as_array().unwrap().iter().map(|item| item["ticketId"].to_string()));
    }
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((count, seen.len()), (25, 25));
    let after = app.get("/support/tickets?page=4&limit=10", &customer).await;
    assert_eq!((after.body["data"].clone(), after.header("x-total-count")), (json!([]), "25"));
    let last = app.get("/support/tickets?page=2147483647&limit=100", &customer).await;
    assert_eq!(last.body["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_filters_equal_absent_ones_and_a_limit_above_100_counts_as_100() {
    let (app, customer, _) = start().await;
    opened(&app, &customer).await;
    for query in ["status=&priority=", "limit=500", "limit=99999999999999999999999", "page=1"] {
        let answer = app.get(&format!("/support/tickets?{query}"), &customer).await;
        assert_eq!(answer.body["data"].as_array().map(Vec::len), Some(1), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_parameters_are_named() {
    let (app, customer, _) = start().await;
    let words = "status must be one of Open, In Progress, Resolved, Closed";
    for (query, reason) in [
        ("status=open", words),
        ("status=%FF", words),
        ("status=%00", words),
        ("priority=high", "priority must be one of Low, Medium, High, Critical"),
        ("page=0", "page must be a positive integer"),
        ("page=-1", "page must be a positive integer"),
        ("page=abc", "page must be a positive integer"),
        ("page=", "page must be a positive integer"),
        ("page=1.0", "page must be a positive integer"),
        ("page=%2B1", "page must be a positive integer"),
        ("page=+1", "page must be a positive integer"),
        ("page=2147483648", "page must be a positive integer"),
        ("limit=0", "limit must be a positive integer"),
        ("limit=", "limit must be a positive integer"),
        ("page=1&page=2", "page given twice"),
        ("status=Open&status=Open", "status given twice"),
    ] {
        let answer = app.get(&format!("/support/tickets?{query}"), &customer).await;
        assert_eq!((answer.status, answer.body), (400, error(400, &format!("Invalid query: {reason}"))), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn updated_at_starts_as_created_at() {
    let (app, customer, _) = start().await;
    opened(&app, &customer).await;
    let item = app.get("/support/tickets", &customer).await.body["data"][0].clone();
    assert_eq!(item["createdAt"], item["updatedAt"]);
}
