//! Walking through the list page by page.

use std::collections::BTreeMap;

use domain::{Line, Role};
use futures_util::future::join_all;
use serde_json::Value;
use testkit::{Answer, TestApp};

use crate::story::{Story, desk, second};

/// More than a page may have.
const TICKETS: i64 = 250;

/// Tickets, three of them at each moment: ties must not be lost between two pages.
async fn many_tickets(app: &TestApp) -> Vec<Story> {
    let open = |number| Story::opened_at(Line::Loan, "user_1", second(number / 3));
    let stories: Vec<Story> = (0..TICKETS).map(open).collect();
    join_all(stories.iter().map(|story| story.tell(app))).await;
    stories
}

/// Follows the `Link` headers to the end and counts how often each ticket came; `between` runs after each page.
async fn walk(app: &TestApp, start: &str, mut between: impl AsyncFnMut()) -> BTreeMap<String, usize> {
    let token = app.token("agent_1", Role::Agent);
    let (mut path, mut seen, mut pages) = (start.to_owned(), BTreeMap::new(), 0);
    loop {
        let answer = app.get(&path, &token).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        for ticket in answer.body["data"].as_array().unwrap() {
            *seen.entry(ticket["id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        pages += 1;
        assert!(pages <= TICKETS, "the list has an end");
        match next_of(&answer) {
            Some(next) => path = next,
            None => return seen,
        }
        between().await;
    }
}

/// The next page, which body and header must agree on.
fn next_of(answer: &Answer) -> Option<String> {
    let page = &answer.body["page"];
    let link = answer.header("link");
    let Value::String(next) = &page["next"] else {
        assert_eq!((page["has_more"].as_bool(), link), (Some(false), ""));
        return None;
    };
    assert_eq!(page["has_more"], true);
    let target = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).unwrap();
    assert!(target.ends_with(&format!("after={next}")), "{target}");
    Some(target.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_250_tickets_comes_exactly_once_in_every_order_while_new_ones_arrive() {
    let app = desk().await;
    let stories = many_tickets(&app).await;
    let mut late = 1_000;
    for sort in ["-updated_at", "updated_at", "-created_at", "created_at"] {
        for limit in [7, 50, 200] {
            let start = format!("/v1/tickets?limit={limit}&sort={sort}&status=new");
            let seen = walk(&app, &start, async || {
                late += 1;
                Story::opened_at(Line::Tours, "user_2", second(late)).tell(&app).await;
            })
            .await;
            let ours = stories.iter().map(|story| seen.get(&story.key.to_string()).copied());
            assert!(ours.clone().all(|count| count == Some(1)), "{start}: {:?}", ours.collect::<Vec<_>>());
            assert!(seen.values().all(|count| *count == 1), "{start}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_fifty_tickets_unless_asked_otherwise_and_the_last_has_no_next() {
    let app = desk().await;
    many_tickets(&app).await;
    let token = app.token("agent_1", Role::Agent);
    let first = app.get("/v1/tickets", &token).await;
    assert_eq!(first.body["data"].as_array().unwrap().len(), 50);
    let exactly_all = app.get("/v1/tickets?limit=125", &token).await;
    let second = app.get(&next_of(&exactly_all).unwrap(), &token).await;
    assert_eq!(second.body["data"].as_array().unwrap().len(), 125);
    assert_eq!(next_of(&second), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_cursor_and_one_of_another_sort_are_refused() {
    let app = desk().await;
    many_tickets(&app).await;
    let token = app.token("agent_1", Role::Agent);
    let first = app.get("/v1/tickets?limit=5&sort=-created_at", &token).await;
    let cursor = first.body["page"]["next"].as_str().unwrap().to_owned();
    let same = app.get(&format!("/v1/tickets?sort=-created_at&after={cursor}"), &token).await;
    assert_eq!(same.status, 200);
    let bad = [
        "after=".to_owned(),
        "after=U".to_owned(),
        "after=1".to_owned(),
        "after=%FF".to_owned(),
        format!("after={cursor}A&sort=-created_at"),
        format!("after={}&sort=-created_at", &cursor[..cursor.len() - 2]),
        format!("after={cursor}"),
        format!("after={cursor}&sort=created_at"),
        format!("after={cursor}&sort=updated_at"),
    ];
    for query in bad {
        let answer = app.get(&format!("/v1/tickets?{query}"), &token).await;
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!((&answer.body["code"], &answer.body["parameter"]), (&"invalid-cursor".into(), &"after".into()));
    }
}
