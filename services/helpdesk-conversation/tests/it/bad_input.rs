//! Bad input of every kind: the line's own error, a 4xx, and nothing written.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{TICKETS, error, open, paths, start};

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_do_not_fit_are_400() {
    let (app, customer, agent) = start().await;
    let path = paths(&open(&app, &customer).await).0;
    let too_long = ["x".repeat(4097), "é".repeat(2049), "a\u{0}b".to_owned()];
    let titles = too_long.iter().map(|title| json!({"title": title}));
    let both = [
        json!([]),
        json!("x"),
        json!(5),
        Value::Null,
        json!({"title": 5}),
        json!({"title": ["x"]}),
        json!({"title": "x", "priority": "high"}),
        json!({"title": "x", "Title": "x"}),
        json!({"x": null}),
    ];
    for body in both.into_iter().chain(titles) {
        for answer in [app.post(TICKETS, &customer, body.clone()).await, app.put(&path, &agent, body.clone()).await] {
            assert_eq!((answer.status, &answer.body["error"]), (400, &json!("request:body:invalid")), "{body}");
            assert_eq!(answer.body.as_object().map(serde_json::Map::len), Some(2));
            assert!(answer.body["raw"].is_string());
        }
    }
    for body in [json!({}), json!({"title": null})] {
        let answer = app.post(TICKETS, &customer, body).await;
        assert_eq!((answer.status, answer.body), (400, error("request:body:invalid", "title is required")));
    }
    let unknown = app.post(TICKETS, &customer, json!({"title": "x", "priority": "high"})).await;
    assert_eq!(unknown.body, error("request:body:invalid", "unknown field priority"));
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 1);
    assert_eq!(app.database.count("SELECT count(*) FROM ticket_events").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_json_and_broken_forms_are_400() {
    let (app, customer, _) = start().await;
    let deep = format!("{{\"title\":{}{}}}", "[".repeat(129), "]".repeat(129));
    let (json, form) = ("application/json", "application/x-www-form-urlencoded");
    for (body, content_type) in [
        (b"{".to_vec(), json),
        (Vec::new(), json),
        (b"{\"title\":\"\xff\"}".to_vec(), json),
        (b"{\"title\":\"x\"} x".to_vec(), json),
        (deep.into_bytes(), json),
        (b"title=x".to_vec(), json),
        (Vec::new(), form),
        (b"{\"title\":\"x\"}".to_vec(), form),
        (b"title=a&title=b".to_vec(), form),
        (b"title=a&title".to_vec(), form),
        (b"title=a&priority=high".to_vec(), form),
        (b"title=%zz".to_vec(), form),
        (b"title=100%".to_vec(), form),
        (b"title=%e".to_vec(), form),
        (b"title=%ff%fe".to_vec(), form),
        (b"title=\xff".to_vec(), form),
        (b"title=a%00b".to_vec(), form),
        (format!("title={}", "x".repeat(4097)).into_bytes(), form),
    ] {
        let text = String::from_utf8_lossy(&body).into_owned();
        let request = app.request(Method::POST, TICKETS).bearer_auth(&customer).header("content-type", content_type);
        let answer = app.send(request.body(body)).await;
        assert_eq!((answer.status, &answer.body["error"]), (400, &json!("request:body:invalid")), "{text}");
    }
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn content_types_are_json_or_a_form() {
    let (app, customer, _) = start().await;
    let post = async |content_type: Option<&str>, body: &'static str| {
        let mut request = app.request(Method::POST, TICKETS).bearer_auth(&customer).body(body);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        app.send(request).await
    };
    for good in ["application/json", "Application/JSON; charset=utf-8", "text/json", "application/vnd.x+json"] {
        assert_eq!(post(Some(good), "{\"title\":\"x\"}").await.status, 201, "{good}");
    }
    let form = "application/x-www-form-urlencoded; charset=UTF-8";
    assert_eq!(post(Some(form), "title=x").await.status, 201);
    for bad in [None, Some("text/plain"), Some("application/jsonx"), Some("json"), Some("multipart/form-data")] {
        for body in ["{\"title\":\"x\"}", ""] {
            let answer = post(bad, body).await;
            assert_eq!(
                (answer.status, &answer.body["error"]),
                (415, &json!("request:body:unsupported-type")),
                "{bad:?}"
            );
        }
    }
    assert_eq!(app.database.count("SELECT count(*) FROM tickets").await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_above_64_kib_are_413() {
    let (app, customer, agent) = start().await;
    let (path, conversation) = paths(&open(&app, &customer).await);
    let padded = |bytes: usize| format!("{{\"title\":\"x\"{}}}", " ".repeat(bytes - 13));
    let post = async |body: String| {
        let request = app.request(Method::POST, TICKETS).bearer_auth(&customer);
        app.send(request.header("content-type", "application/json").body(body)).await
    };
    assert_eq!(post(padded(64 * 1024)).await.status, 201);
    let answer = post(padded(64 * 1024 + 1)).await;
    assert_eq!((answer.status, &answer.body["error"]), (413, &json!("request:body:too-large")));
    for (method, path, token) in [
        (Method::PUT, path, &agent),
        (Method::POST, format!("{conversation}/messages"), &customer),
        (Method::PUT, "/api/v1/notifications/1".to_owned(), &customer),
    ] {
        let request = app.request(method, &path).bearer_auth(token).header("content-type", "application/json");
        assert_eq!(app.send(request.body(padded(70_000))).await.status, 413, "{path}");
    }
    let chunks = (0..40).map(|_| Ok::<_, std::io::Error>(vec![b' '; 8 * 1024]));
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(chunks));
    let request = app.request(Method::POST, TICKETS).bearer_auth(&customer);
    let answer = app.send(request.header("content-type", "application/json").body(body)).await;
    assert_eq!(answer.status, 413, "also in chunks");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_messages_and_marks_are_refused_before_anything_is_looked_at() {
    let (app, customer, _) = start().await;
    let conversation = paths(&open(&app, &customer).await).1;
    for place in [format!("{conversation}/messages"), "/api/v1/conversations/999/messages".to_owned()] {
        for body in
            [json!({}), json!({"text": null}), json!({"text": 5}), json!({"text": "x", "title": "x"}), json!([])]
        {
            let answer = app.post(&place, &customer, body).await;
            assert_eq!((answer.status, &answer.body["error"]), (400, &json!("request:body:invalid")));
        }
    }
    for body in
        [json!({}), json!({"unread": null}), json!({"unread": 1}), json!({"unread": "true"}), json!({"x": true})]
    {
        let answer = app.put("/api/v1/notifications/999", &customer, body.clone()).await;
        assert_eq!((answer.status, &answer.body["error"]), (400, &json!("request:body:invalid")), "{body}");
    }
    assert_eq!(app.database.count("SELECT count(*) FROM entries").await, 0);
}
