//! The list of a leg's tickets.

use domain::Role;
use serde_json::{Value, json};

use crate::{LEG, PACKAGE, error, execute, items, opened, schemas, start, with};

fn ids(answer: &Value) -> Vec<&str> {
    answer["features"].as_array().unwrap().iter().map(|feature| feature["id"].as_str().unwrap()).collect()
}

fn links(answer: &Value) -> Vec<(&str, String)> {
    let links = answer["links"].as_array().unwrap().iter();
    links
        .map(|link| {
            let (_, query) = link["href"].as_str().unwrap().split_once('?').unwrap();
            (link["rel"].as_str().unwrap(), query.replace(&format!("packageId={PACKAGE}&legId={LEG}"), ""))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn newest_first_page_by_page_without_overlap() {
    let (app, provider, _) = start().await;
    for number in 0..7 {
        execute(&app, &provider, with(json!({"id": format!("t{number}")}))).await;
    }
    let all = app.get(&items(), &provider).await;
    assert_eq!(ids(&all.body), ["t6", "t5", "t4", "t3", "t2", "t1", "t0"]);
    assert_eq!(links(&all.body), [("self", String::new())]);
    let first = app.get(&format!("{}&limit=3", items()), &provider).await;
    assert_eq!(ids(&first.body), ["t6", "t5", "t4"]);
    assert_eq!((&first.body["numberMatched"], &first.body["numberReturned"]), (&json!(7), &json!(3)));
    assert_eq!(links(&first.body), [("self", "&limit=3".into()), ("next", "&limit=3&offset=3".into())]);
    let second = app.get(&format!("{}&limit=3&offset=3", items()), &provider).await;
    assert_eq!(ids(&second.body), ["t3", "t2", "t1"]);
    assert_eq!(
        links(&second.body),
        [
            ("self", "&limit=3&offset=3".into()),
            ("next", "&limit=3&offset=6".into()),
            ("previous", "&limit=3&offset=0".into())
        ]
    );
    let last = app.get(&format!("{}&limit=3&offset=6", items()), &provider).await;
    assert_eq!(ids(&last.body), ["t0"]);
    assert_eq!(links(&last.body).iter().map(|(rel, _)| *rel).collect::<Vec<_>>(), ["self", "previous"]);
    let after = app.get(&format!("{}&offset=2147483647", items()), &provider).await;
    assert_eq!((ids(&after.body).len(), &after.body["numberMatched"]), (0, &json!(7)), "{}", after.text);
    for answer in [all, first, second, last, after] {
        schemas::check("list", &answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ties_are_broken_by_id() {
    let (app, provider, _) = start().await;
    for id in ["b", "B", "a", "Z"] {
        execute(&app, &provider, with(json!({"id": id}))).await;
    }
    app.database.run("UPDATE tickets SET created_at = now()").await;
    assert_eq!(ids(&app.get(&items(), &provider).await.body), ["B", "Z", "a", "b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_filters_and_an_empty_one_does_not() {
    let (app, provider, _) = start().await;
    execute(&app, &provider, with(json!({"id": "a"}))).await;
    execute(&app, &provider, with(json!({"id": "b"}))).await;
    execute(&app, &provider, with(json!({"id": "b", "status": "ISSUE_REVOKED"}))).await;
    let revoked = app.get(&format!("{}&supportTicketStatus=ISSUE_REVOKED", items()), &provider).await;
    assert_eq!((ids(&revoked.body), &revoked.body["numberMatched"]), (vec!["b"], &json!(1)));
    assert_eq!(links(&revoked.body)[0].1, "&supportTicketStatus=ISSUE_REVOKED");
    let all = app.get(&format!("{}&supportTicketStatus=&unknown=1&unknown=2", items()), &provider).await;
    assert_eq!(ids(&all.body), ["b", "a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_packages_and_legs_are_empty_and_not_an_error() {
    let (app, provider, _) = start().await;
    execute(&app, &provider, with(json!({"id": "a", "context": {"package": "p"}}))).await;
    execute(&app, &provider, with(json!({"id": "b", "context": {"leg": "l"}}))).await;
    execute(&app, &provider, with(json!({"id": "c", "context": null}))).await;
    execute(&app, &provider, with(json!({"id": "d", "context": {"package": "p", "leg": "m"}}))).await;
    for query in ["packageId=p&legId=l", "packageId=null&legId=null", "packageId=x&legId=%FF"] {
        let answer = app.get(&format!("/collections/support-tickets/items?{query}"), &provider).await;
        assert_eq!((answer.status, &answer.body["numberMatched"]), (200, &json!(0)), "{query}");
        assert_eq!(answer.body["features"], json!([]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_texts_find_their_ticket_and_their_links_can_be_followed() {
    let (app, provider, _) = start().await;
    let (package, leg) = ("a&b=c d+é%/?#", "\" ' < >");
    execute(&app, &provider, with(json!({"context": {"package": package, "leg": leg}}))).await;
    let mut url = reqwest::Url::parse("http://x/collections/support-tickets/items").unwrap();
    url.query_pairs_mut().append_pair("packageId", package).append_pair("legId", leg).append_pair("offset", "0");
    let answer = app.get(&format!("{}?{}", url.path(), url.query().unwrap()), &provider).await;
    assert_eq!(answer.body["numberMatched"], 1, "{}", answer.text);
    let link = answer.body["links"][0]["href"].as_str().unwrap().replace(&app.url, "").replace("/tomp/v2", "");
    assert_eq!(app.get(&link, &provider).await.text, answer.text);
    schemas::check("list", &answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn providers_see_their_own_tickets_and_support_sees_all() {
    let (app, provider, agent) = start().await;
    let place = opened(&app, &provider).await;
    let other = app.token("mp-utrecht", Role::Service);
    execute(&app, &other, with(json!({"comment": "theirs"}))).await;
    for token in [&provider, &other] {
        assert_eq!(app.get(&items(), token).await.body["numberMatched"], 1);
    }
    assert!(!app.get(&items(), &provider).await.text.contains("theirs"));
    let all = app.get(&items(), &agent).await;
    assert_eq!((ids(&all.body).len(), &all.body["numberMatched"]), (2, &json!(2)));
    app.put(&format!("{place}/status"), &agent, json!({"status": "resolved"})).await;
    let current = app.get(&items(), &provider).await;
    assert_eq!(current.body["features"][0]["properties"]["status"], "ISSUE_RESOLVED", "in its current state");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_parameters_are_named() {
    let (app, provider, _) = start().await;
    let good = "packageId=p&legId=l";
    let unfit = |field: &str, reason: &str| {
        let title = format!("Field: {field}, Reason: {reason}");
        error(400, 5002, "Invalid", &title, &format!("{field}: {reason}."))
    };
    let too_big = error(400, 5009, "Illegal", "Page size too big", "The limit is at most 10000.");
    for (query, expected) in [
        ("packageId=a&packageId=b&legId=l".to_owned(), unfit("packageId", "given twice")),
        ("packageId=%00&legId=l".to_owned(), unfit("packageId", "bad format")),
        (format!("{good}&supportTicketStatus=open"), unfit("supportTicketStatus", "unknown value")),
        (format!("{good}&limit=0"), unfit("limit", "out of range")),
        (format!("{good}&limit=-5"), unfit("limit", "out of range")),
        (format!("{good}&limit=x"), unfit("limit", "wrong type")),
        (format!("{good}&limit="), unfit("limit", "wrong type")),
        (format!("{good}&limit=1.5"), unfit("limit", "wrong type")),
        (format!("{good}&limit=+1"), unfit("limit", "wrong type")),
        (format!("{good}&limit=1&limit=1"), unfit("limit", "given twice")),
        (format!("{good}&limit=10001"), too_big.clone()),
        (format!("{good}&limit=99999999999999999999999"), too_big),
        (format!("{good}&offset=-1"), unfit("offset", "out of range")),
        (format!("{good}&offset=2147483648"), unfit("offset", "out of range")),
        (format!("{good}&offset=one"), unfit("offset", "wrong type")),
    ] {
        let answer = app.get(&format!("/collections/support-tickets/items?{query}"), &provider).await;
        assert_eq!((answer.status, answer.body), (400, expected), "{query}");
    }
    let all =
        app.get("/collections/support-tickets/items?legId=&supportTicketStatus=x&limit=0&offset=x", &provider).await;
    let codes: Vec<_> = all.body["errors"].as_array().unwrap().iter().map(|entry| &entry["errorcode"]).collect();
    assert_eq!(codes, [5001, 5001, 5002, 5002, 5002], "all at once, in order");
    assert_eq!(app.get(&format!("{}&limit=10000&offset=0", items()), &provider).await.status, 200);
}
