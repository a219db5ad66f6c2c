//! The description is true, and nobody gets in who does not belong there.

use std::collections::BTreeMap;

use chassis::Service as _;
use domain::{Line, Role};
use helpdesk_conversation::HelpdeskConversation;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use testkit::{Answer, TestApp, assert_openapi};

use crate::{TICKETS, error, open, paths, start, write};

#[test]
fn the_checked_in_description_is_what_the_code_says() {
    assert_openapi::<HelpdeskConversation>(env!("CARGO_MANIFEST_DIR"));
}

/// What a customer gets who has nothing to do with it.
enum Stranger {
    Refused(u16, Value),
    /// The operation is about the caller: it works, and shows nothing of this text, which the right caller gets.
    SeesNothingOf(String),
}

/// How an operation is tried. The shared sweep tries with the owner's token, which does not do for support's operations
/// and for sockets.
struct Probe {
    path: String,
    body: Value,
    stranger: Stranger,
    /// What the right caller gets.
    good: (String, u16),
}

async fn attempt(app: &TestApp, method: &Method, probe: &Probe, token: Option<&str>) -> Answer {
    let mut request: RequestBuilder = app.request(method.clone(), &probe.path);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if probe.body != Value::Null {
        request = request.json(&probe.body);
    }
    app.send(request).await
}

/// Every operation by its id, with how to try it.
async fn probes(app: &TestApp, customer: &str, agent: &str) -> BTreeMap<&'static str, Probe> {
    crate::number(app, customer).await;
    crate::number(app, agent).await;
    let ticket = open(app, customer).await;
    write(app, &ticket, customer, "the owner's words").await;
    let (path, conversation) = paths(&ticket);
    let title = json!({"title": "the owner's title"});
    app.put(&path, agent, title.clone()).await;
    let told = app.get("/api/v1/notifications", agent).await.body[0]["id"].clone();
    let hidden = |code: &str| Stranger::Refused(404, error(code, "not found"));
    let nothing = || Stranger::Refused(404, Value::Null);
    // A request without an upgrade; the sockets' own tests have the others.
    let upgrade = error("websocket:upgrade:required", "a WebSocket upgrade is required");
    let no_upgrade = || Stranger::Refused(400, upgrade.clone());
    let own = |text: &str| Stranger::SeesNothingOf(text.to_owned());
    let authors = format!("\"authors\":{}", ticket["authors"]);
    let probe = |path: &str, body: Value, stranger, token: &str, status| Probe {
        path: path.to_owned(),
        body,
        stranger,
        good: (token.to_owned(), status),
    };
    let unknown = "conversation:not-found";
    let none = || Value::Null;
    let (me, messages) = (format!("/api/v1/users/{}", ticket["authors"][0]), format!("{conversation}/messages"));
    let mark = format!("/api/v1/notifications/{told}");
    BTreeMap::from([
        ("list_tickets", probe(TICKETS, none(), own("the owner's title"), customer, 200)),
        ("create_ticket", probe(TICKETS, json!({"title": "t"}), own(&authors), customer, 201)),
        ("list_own_tickets", probe(&format!("{TICKETS}/my"), none(), own("the owner's title"), customer, 200)),
        ("get_ticket", probe(&path, none(), hidden("support:ticket:not-found"), customer, 200)),
        ("update_ticket", probe(&path, title, nothing(), agent, 200)),
        ("join_ticket", probe(&format!("{path}/join"), none(), nothing(), agent, 200)),
        ("list_conversations", probe("/api/v1/conversations", none(), own("{"), customer, 200)),
        ("get_conversation", probe(&conversation, none(), hidden(unknown), customer, 200)),
        ("list_messages", probe(&messages, none(), hidden(unknown), customer, 200)),
        ("add_message", probe(&messages, json!({"text": "m"}), hidden(unknown), customer, 201)),
        ("open_conversation_socket", probe(&format!("{conversation}/socket"), none(), no_upgrade(), customer, 400)),
        ("list_users", probe("/api/v1/users", none(), own("user_123"), customer, 200)),
        ("get_own_user", probe("/api/v1/users/me", none(), own("user_123"), customer, 200)),
        ("get_user", probe(&me, none(), hidden("user:not-found"), customer, 200)),
        ("list_notifications", probe("/api/v1/notifications", none(), own("{"), agent, 200)),
        ("update_notification", probe(&mark, json!({"unread": false}), hidden("event:not-found"), agent, 204)),
        ("open_event_socket", probe("/api/v1/events", none(), no_upgrade(), customer, 400)),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_refuses_strangers() {
    let (app, customer, agent) = start().await;
    let mut probes = probes(&app, &customer, &agent).await;
    let refused = [
        ("no token", None, 401),
        ("no JWT", Some("not-a-token".to_owned()), 401),
        ("a forged token", Some(app.tokens.forged("user_123", Role::Admin)), 401),
        ("an expired token", Some(app.tokens.expired("user_123", Role::Customer)), 401),
        ("another line", Some(app.tokens.for_lines("user_123", Role::Admin, &[Line::Tours])), 403),
    ];
    let stranger = app.token("stranger", Role::Customer);
    let document = serde_json::to_value(HelpdeskConversation::openapi()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let probe = probes.remove(id).unwrap_or_else(|| panic!("{id}: {method} {path} has no probe"));
            let method: Method = method.to_uppercase().parse().unwrap();
            for (what, token, status) in &refused {
                let answer = attempt(&app, &method, &probe, token.as_deref()).await;
                assert_eq!(answer.status, *status, "{id}: {what}");
            }
            let answer = attempt(&app, &method, &probe, Some(&stranger)).await;
            match &probe.stranger {
                Stranger::Refused(status, body) => assert_eq!((answer.status, &answer.body), (*status, body), "{id}"),
                Stranger::SeesNothingOf(text) => {
                    assert!(
                        (200..300).contains(&answer.status) && !answer.text.contains(text.as_str()),
                        "{id}: {}",
                        answer.text
                    );
                }
            }
            let good = attempt(&app, &method, &probe, Some(&probe.good.0)).await;
            assert_eq!(good.status, probe.good.1, "{id}: {}", good.text);
            if let Stranger::SeesNothingOf(text) = &probe.stranger {
                assert!(good.text.contains(text.as_str()), "{id}: nothing of {text} to see: {}", good.text);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_and_paths_are_answered_in_the_line_s_shape() {
    let (app, customer, _) = start().await;
    let ticket = open(&app, &customer).await;
    let (path, conversation) = paths(&ticket);
    let (not_allowed, no_route) = ("request:method:not-allowed", "route:not-found");
    for (method, place, status, code, allow) in [
        ("DELETE", TICKETS, 405, not_allowed, "GET, HEAD, POST"),
        ("POST", path.as_str(), 405, not_allowed, "GET, HEAD, PUT"),
        ("GET", &format!("{path}/join"), 405, not_allowed, "POST"),
        ("POST", "/api/v1/conversations", 405, not_allowed, "GET, HEAD"),
        ("PUT", &format!("{conversation}/messages"), 405, not_allowed, "GET, HEAD, POST"),
        ("GET", "/api/v1/notifications/1", 405, not_allowed, "PUT"),
        ("GET", "/api/v1/support/tickets/", 404, no_route, ""),
        ("GET", "/api/v1/support", 404, no_route, ""),
        ("GET", "/api/v1/Support/tickets", 404, no_route, ""),
        ("GET", "/support/tickets", 404, no_route, ""),
        ("GET", &format!("{path}/authors"), 404, no_route, ""),
    ] {
        let answer = app.send(app.request(method.parse().unwrap(), place)).await;
        assert_eq!((answer.status, &answer.body["error"]), (status, &json!(code)), "{method} {place}");
        let mut allowed: Vec<_> = answer.header("allow").split(", ").collect();
        allowed.sort_unstable();
        assert_eq!(allowed.join(", "), allow, "{method} {place}");
    }
    let head = app.send(app.request(Method::HEAD, &path).bearer_auth(&customer)).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    let options = app.send(app.request(Method::OPTIONS, &path)).await;
    assert_eq!((options.status, options.header("allow").contains("PUT")), (204, true));
    let seen = app.get(&path, &customer).await;
    assert_eq!((seen.header("cache-control"), seen.header("x-content-type-options")), ("no-store", "nosniff"));
}
