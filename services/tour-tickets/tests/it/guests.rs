//! What somebody without a token may do, in each mode.

use std::path::Path;
use std::sync::Arc;

use chassis::config::Sources;
use chassis::{Config, Profile, Service as _};
use domain::Role;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::TestApp;
use tour_tickets::TourTickets;

use crate::{TICKETS, assert_error, draft, guest, opened, opened_by_guest, start, start_with, with};

/// Every operation on a ticket that is there.
fn operations(path: &str) -> [(Method, String, Option<Value>); 4] {
    [
        (Method::GET, TICKETS.to_owned(), None),
        (Method::GET, path.to_owned(), None),
        (Method::PUT, path.to_owned(), Some(draft())),
        (Method::DELETE, path.to_owned(), None),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn in_mode_full_guests_do_everything_on_every_ticket() {
    let app = start().await;
    let path = opened(&app, &app.token("user_123", Role::Customer), draft()).await;
    for (method, path, body) in operations(&path) {
        let answer = guest(&app, method, &path, body).await;
        assert!((200..300).contains(&answer.status), "{path} {}", answer.text);
    }
    for _ in 0..15 {
        opened_by_guest(&app, draft()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_mode_create_only_guests_open_tickets_and_nothing_else() {
    let app = start_with("create_only").await;
    let path = opened_by_guest(&app, with("userId", 42)).await;
    for (method, path, body) in operations(&path) {
        let answer = guest(&app, method, &path, body).await;
        assert_error(&answer, 401, "Authentication required");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    assert_eq!(app.get(&path, &app.token("42", Role::Customer)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_mode_none_guests_do_nothing() {
    let app = start_with("none").await;
    let path = opened(&app, &app.token("user_123", Role::Customer), draft()).await;
    let create = (Method::POST, TICKETS.to_owned(), Some(draft()));
    for (method, path, body) in operations(&path).into_iter().chain([create]) {
        assert_error(&guest(&app, method, &path, body).await, 401, "Authentication required");
    }
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_is_refused_before_anything_of_the_request_is_judged() {
    let app = start_with("none").await;
    let requests = [
        app.request(Method::POST, TICKETS).header("content-type", "text/plain").body("x"),
        app.request(Method::POST, TICKETS).header("content-type", "application/json").body("{"),
        app.request(Method::POST, TICKETS).header("content-type", "application/json").body("x".repeat(1_100_000)),
        app.request(Method::GET, &format!("{TICKETS}?limit=x")),
        app.request(Method::GET, &format!("{TICKETS}/abc")),
        app.request(Method::DELETE, &format!("{TICKETS}/999")),
    ];
    for request in requests {
        assert_error(&app.send(request).await, 401, "Authentication required");
    }
    // Unknown paths and methods are told to everybody.
    assert_error(&guest(&app, Method::PATCH, &format!("{TICKETS}/1"), None).await, 405, "Method not allowed");
    assert_error(&guest(&app, Method::GET, &format!("{TICKETS}/"), None).await, 404, "Resource not found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_token_is_never_taken_for_a_guest() {
    for access in ["full", "create_only", "none"] {
        let app = start_with(access).await;
        let path = opened(&app, &app.token("user_123", Role::Customer), draft()).await;
        for token in ["nonsense", &app.tokens.forged("user_123", Role::Admin), &app.tokens.expired("u", Role::Agent)] {
            assert_error(&app.get(&path, token).await, 401, "Authentication required");
            assert_error(&app.post(TICKETS, token, draft()).await, 401, "Authentication required");
        }
        let request = app.request(Method::GET, &path).header("Authorization", "Basic dTpw");
        assert_error(&app.send(request).await, 401, "Authentication required");
        let elsewhere = app.tokens.for_lines("user_123", Role::Admin, &[domain::Line::Loan]);
        assert_error(&app.get(&path, &elsewhere).await, 403, "Access denied");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_opens_ten_tickets_in_a_minute_from_one_address() {
    let app = TestApp::builder()
        .setting("CROSSDESK__TOURS__ANONYMOUS_ACCESS", "create_only")
        .setting("CROSSDESK__HTTP__WORKERS", "3")
        .start::<TourTickets>()
        .await;
    let create =
        |address: &str| app.request(Method::POST, TICKETS).json(&draft()).header("X-Forwarded-For", address.to_owned());
    let posts = (0..20).map(|_| app.send(create("198.51.100.7")));
    let answers = futures_util::future::join_all(posts).await;
    let opened = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(opened, 10, "over all workers together");
    let refused = answers.iter().find(|answer| answer.status != 201).unwrap();
    assert_error(refused, 429, "Too many requests");
    assert!((1..=6).contains(&refused.header("retry-after").parse::<u64>().unwrap()));
    assert_eq!(app.send(create("198.51.100.8")).await.status, 201, "another address");
    let customer = app.token("user_123", Role::Customer);
    assert_eq!(app.send(create("198.51.100.7").bearer_auth(customer)).await.status, 201, "a customer");
    assert_eq!(guest(&app, Method::POST, TICKETS, Some(draft())).await.status, 201, "without the gateway: the peer");
}

#[tokio::test(flavor = "multi_thread")]
async fn full_is_refused_where_others_could_reach_the_service() {
    let app = start().await;
    let refused = |settings: &[(&str, &str)], profile| {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let sources = Sources::read(Path::new("no/such/folder"), settings).unwrap();
        let mut context = app.context.clone();
        context.config = Arc::new(Config::from_sources(sources, profile).unwrap());
        TourTickets::new(&context).err().map(|error| error.to_string())
    };
    let everywhere = ("CROSSDESK__HTTP__HOST", "0.0.0.0");
    let full = ("CROSSDESK__TOURS__ANONYMOUS_ACCESS", "full");
    let reason = refused(&[everywhere, full], Profile::Local).unwrap();
    assert!(reason.contains("tours.anonymous_access") && reason.contains("0.0.0.0"), "{reason}");
    assert!(refused(&[everywhere, full], Profile::Production).is_some());
    assert_eq!(refused(&[everywhere], Profile::Local), None);
    assert_eq!(refused(&[full, ("CROSSDESK__TOURS__CORS_ORIGINS", "*")], Profile::Local), None);
    assert!(refused(&[("CROSSDESK__TOURS__ANONYMOUS", "full")], Profile::Local).is_some(), "an unknown key");
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_a_developer_s_machine_guests_only_open_tickets() {
    let app = TestApp::builder().setting("CROSSDESK__HTTP__HOST", "0.0.0.0").start::<TourTickets>().await;
    let path = opened_by_guest(&app, draft()).await;
    assert_eq!(guest(&app, Method::GET, &path, None).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_s_number_is_a_claim_that_agents_see_as_such() {
    let app = start().await;
    let agent = app.token("agent_123", Role::Agent);
    let path = opened_by_guest(&app, with("userId", 42)).await;
    let key = app.events(1).await[0].data.ticket_key;
    let place = format!("/internal/v1/tickets/{key}");
    let fields = async || app.get(&place, &agent).await.body["line_fields"].clone();
    assert_eq!((&fields().await["userId"], &fields().await["userIdIsClaim"]), (&json!(42), &json!(true)));
    // An agent who writes the same number has checked it; there is nothing that an event could tell.
    assert_eq!(app.put(&path, &agent, with("userId", 42)).await.status, 200);
    assert_eq!(fields().await["userIdIsClaim"], false);
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
}
