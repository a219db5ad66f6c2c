//! Who calls: the header, the cookie, and other people's web pages.

use domain::{Line, Role};
use helpdesk_conversation::HelpdeskConversation;
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use testkit::TestApp;

use crate::{TICKETS, error, open, paths, start};

const PAGE: &str = "https://desk.example";

fn by_cookie(app: &TestApp, method: Method, path: &str, token: &str) -> RequestBuilder {
    app.request(method, path).header("cookie", format!("theme=dark; sesid={token}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_good_credentials_every_path_is_401() {
    let (app, customer, _) = start().await;
    let expected = error("user:session:required", "A session is required to access this resource");
    for path in
        [TICKETS, "/api/v1/support/tickets/1", "/api/v1/conversations", "/api/v1/users/me", "/api/v1/notifications"]
    {
        for request in [
            app.request(Method::GET, path),
            app.request(Method::GET, path).bearer_auth("nonsense"),
            app.request(Method::GET, path).bearer_auth(app.tokens.expired("user_123", Role::Customer)),
            app.request(Method::GET, path).bearer_auth(app.tokens.forged("user_123", Role::Customer)),
            app.request(Method::GET, path).bearer_auth(&customer).bearer_auth(&customer),
            app.request(Method::GET, path).header("cookie", "sesid=nonsense"),
            app.request(Method::GET, path).header("cookie", format!("session={customer}")),
        ] {
            let answer = app.send(request).await;
            assert_eq!((answer.status, answer.body.clone()), (401, expected.clone()), "{path}");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    for (method, path) in [(Method::PUT, "/api/v1/support/tickets/1"), (Method::POST, "/api/v1/support/tickets/1/join")]
    {
        assert_eq!(app.send(app.request(method, path)).await.status, 401, "not the empty 404");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_other_lines_is_403() {
    let (app, ..) = start().await;
    let elsewhere = app.tokens.for_lines("agent_2", Role::Agent, &[Line::Tours]);
    for (method, path) in [
        (Method::GET, TICKETS),
        (Method::POST, TICKETS),
        (Method::PUT, "/api/v1/support/tickets/1"),
        (Method::POST, "/api/v1/support/tickets/1/join"),
        (Method::GET, "/api/v1/notifications"),
    ] {
        let answer = app.send(app.request(method.clone(), path).bearer_auth(&elsewhere)).await;
        assert_eq!((answer.status, &answer.body["error"]), (403, &json!("user:insufficient-permissions")), "{method}");
    }
    assert_eq!(app.database.count("SELECT count(*) FROM users").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_as_good_as_the_header_and_the_header_counts() {
    let (app, customer, agent) = start().await;
    let created = app.send(by_cookie(&app, Method::POST, TICKETS, &customer).json(&json!({"title": "t"}))).await;
    assert_eq!(created.status, 201);
    let seen = app.send(by_cookie(&app, Method::GET, TICKETS, &customer)).await;
    assert_eq!(seen.body, json!([created.body]));
    let both = app.send(by_cookie(&app, Method::GET, "/api/v1/users/me", &customer).bearer_auth(&agent)).await;
    assert_eq!(both.body["name"], "agent_123");
    let bad = app.send(by_cookie(&app, Method::GET, "/api/v1/users/me", &customer).bearer_auth("nonsense")).await;
    assert_eq!(bad.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_cannot_act_by_the_cookie() {
    let (app, customer, agent) = start().await;
    let ticket = open(&app, &customer).await;
    let (path, conversation) = paths(&ticket);
    let title = json!({"title": "t"});
    let writes = [
        (Method::POST, TICKETS.to_owned(), &customer, title.clone(), 201),
        (Method::PUT, path.clone(), &agent, title, 200),
        (Method::POST, format!("{path}/join"), &agent, json!({}), 200),
        (Method::POST, format!("{conversation}/messages"), &customer, json!({"text": "t"}), 201),
        (Method::PUT, "/api/v1/notifications/1".to_owned(), &customer, json!({"unread": true}), 404),
    ];
    let before = app.database.count("SELECT count(*) FROM ticket_events").await;
    for (method, path, token, body, _) in &writes {
        for origin in
            ["https://evil.example", "null", "", &app.url.replace("http:", "https:"), &format!("{}0", app.url)]
        {
            let request = by_cookie(&app, method.clone(), path, token).json(body).header("origin", origin);
            let answer = app.send(request).await;
            assert_eq!(
                (answer.status, &answer.body["error"]),
                (403, &json!("user:insufficient-permissions")),
                "{path}"
            );
        }
        let two = by_cookie(&app, method.clone(), path, token).json(body);
        let two = two.header("origin", &app.url).header("origin", "https://evil.example");
        assert_eq!(app.send(two).await.status, 403, "two origins");
    }
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, before, "nothing happened");
    for (method, path, token, body, status) in &writes {
        let own = by_cookie(&app, method.clone(), path, token).json(body).header("origin", &app.url);
        assert_eq!(app.send(own).await.status, *status, "the own page, {path}");
        let script = by_cookie(&app, method.clone(), path, token).json(body);
        assert_eq!(app.send(script).await.status, *status, "no page at all, {path}");
        let bearer =
            app.request(method.clone(), path).bearer_auth(token).json(body).header("origin", "https://evil.example");
        assert_eq!(app.send(bearer).await.status, *status, "a page that has the token itself, {path}");
    }
    let read = by_cookie(&app, Method::GET, TICKETS, &customer).header("origin", "https://evil.example");
    assert_eq!(app.send(read).await.status, 200, "reading changes nothing; no CORS header lets the page see it");
}

#[tokio::test(flavor = "multi_thread")]
async fn allowed_pages_act_by_the_cookie() {
    let app = TestApp::builder()
        .setting("CROSSDESK__HELPDESK__ALLOWED_ORIGINS", &format!("[\"{PAGE}\"]"))
        .start::<HelpdeskConversation>()
        .await;
    let customer = app.token("user_123", Role::Customer);
    for (origin, status) in [(PAGE, 201), (app.url.as_str(), 201), ("http://desk.example", 403)] {
        let request = by_cookie(&app, Method::POST, TICKETS, &customer).json(&json!({"title": "t"}));
        assert_eq!(app.send(request.header("origin", origin)).await.status, status, "{origin}");
    }
}
