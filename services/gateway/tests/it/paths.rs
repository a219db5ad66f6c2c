//! Paths that mean to reach what nobody may reach: sent byte by byte, because clients tidy them up.

use serde_json::{Value, json};

use crate::gate::Gate;
use crate::upstream::Echo;

async fn raw(gate: &Gate, method: &str, path: &str) -> (u16, String, Value) {
    let request = format!("{method} {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    let answer = gate.raw(request.as_bytes()).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head[9..12].parse().unwrap();
    (status, head.to_lowercase(), serde_json::from_str(body).unwrap_or(Value::Null))
}

async fn gate_to_everything() -> (Gate, Echo) {
    let echo = Echo::start().await;
    let services = crate::LINES.map(|(_, service)| (service, echo.url.as_str()));
    (Gate::to(&services).await, echo)
}

#[tokio::test]
async fn ambiguous_paths_are_400_and_reach_nobody() {
    let (gate, echo) = gate_to_everything().await;
    let refused = [
        "/support/../internal/v1/events",
        "/support/%2e%2e/internal/v1/events",
        "/support/.%2E/internal/v1/events",
        "/support/tickets/..",
        "/support/./tickets",
        "/support//tickets",
        "//support/tickets",
        "//",
        "/support/tickets//",
        "/support/a%2fb",
        "/support/a%2Fb",
        "/support/a%5cb",
        "/support/a%5Cb",
        "/support/a%00",
        "/support/..\\internal",
        "/support\\tickets",
        "/docs/..",
        "/unknown/../support/tickets",
    ];
    for path in refused {
        for method in ["GET", "POST", "OPTIONS"] {
            let (status, head, body) = raw(&gate, method, path).await;
            assert_eq!(status, 400, "{method} {path}");
            assert!(head.contains("content-type: application/problem+json"), "{head}");
            assert_eq!((&body["status"], &body["title"]), (&json!(400), &json!("Bad Request")));
        }
    }
    assert_eq!(raw(&gate, "GET", "/openapi/a%2fb.json").await.0, 400);
    assert_eq!(echo.calls(), 0);
}

#[tokio::test]
async fn unknown_paths_are_the_same_404_whatever_the_method() {
    let (gate, echo) = gate_to_everything().await;
    let unknown = [
        "/unknown",
        "/support",
        "/Support/tickets",
        "/SUPPORT/TICKETS",
        "/%73upport/tickets",
        "/api/support_ticketsX",
        "/docs/",
        "/%64ocs",
        "/DOCS",
        "/openapi/desk",
        "/openapi/nobody.json",
        "/v1",
        "/conformance/",
        "/internal/v1/events",
        "/internal",
        "/internal/",
        "/%69nternal/v1/events",
        "/api/v1/events/1",
        "/favicon.ico",
    ];
    for path in unknown {
        let (status, head, body) = raw(&gate, "GET", path).await;
        assert_eq!(status, 404, "{path}");
        assert!(head.contains("content-type: application/problem+json"), "{path}: {head}");
        assert_eq!(body, json!({"type": "about:blank", "title": "Not Found", "status": 404}), "{path}");
    }
    for method in ["POST", "DELETE", "OPTIONS", "PATCH"] {
        assert_eq!(raw(&gate, method, "/unknown").await.0, 404);
    }
    assert_eq!(echo.calls(), 0);
}

#[tokio::test]
async fn routes_between_services_stay_hidden_behind_the_stripped_prefix() {
    let (gate, echo) = gate_to_everything().await;
    for path in
        ["/tomp/v2/internal/v1/events", "/tomp/v2/internal", "/tomp/v2/%69nternal/v1/events", "/tomp/v2/%69%6E%74ernal"]
    {
        let (status, _, body) = raw(&gate, "GET", path).await;
        assert_eq!((status, &body["errors"][0]["errorcode"]), (404, &json!(5204)), "{path}");
    }
    assert_eq!(echo.calls(), 0);
}

#[tokio::test]
async fn paths_with_one_meaning_arrive_as_sent() {
    let (gate, echo) = gate_to_everything().await;
    let paths = [
        "/support/tickets/",
        "/support/",
        "/support/a%20b",
        "/support/...",
        "/support/a..b",
        "/support/%zz",
        "/support/%",
        "/support/a;b=c",
        "/support/%C3%A9",
        "/support/a%252Fb",
        "/support/x?a=//&b=..&c=%2F&d=\\",
        "/support/+~!$&'()*,:@",
    ];
    for path in paths {
        let (status, _, body) = raw(&gate, "GET", path).await;
        assert_eq!((status, &body["target"]), (200, &json!(path)), "{path}");
    }
    assert_eq!(echo.calls(), paths.len());
    for (path, target) in
        [("/tomp/v2", "/"), ("/tomp/v2/", "/"), ("/tomp/v2?f=html", "/?f=html"), ("/tomp/v2/api", "/api")]
    {
        assert_eq!(raw(&gate, "GET", path).await.2["target"], target, "{path}");
    }
}

#[tokio::test]
async fn a_request_that_names_another_host_goes_to_the_service_of_its_path() {
    let (gate, echo) = gate_to_everything().await;
    let (status, _, body) = raw(&gate, "GET", "http://elsewhere.example/support/tickets").await;
    assert_eq!((status, &body["target"]), (200, &json!("/support/tickets")));
    assert_eq!(raw(&gate, "CONNECT", "elsewhere.example:443").await.0, 404);
    assert_eq!(raw(&gate, "OPTIONS", "*").await.0, 404);
    assert_eq!(echo.calls(), 1);
}

#[tokio::test]
async fn requests_with_two_lengths_are_refused() {
    let (gate, echo) = gate_to_everything().await;
    let heads = [
        "content-length: 3\r\ncontent-length: 4",
        "content-length: 3\r\ntransfer-encoding: chunked",
        "content-length: +3",
    ];
    for head in heads {
        let request = format!("POST /support/tickets HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{head}\r\n\r\nabcd");
        let answer = gate.raw(request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{head}: {answer}");
    }
    assert_eq!(echo.calls(), 0);
}

#[tokio::test]
async fn a_stripped_prefix_leads_to_no_probe() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("mobility-support", &echo.url)]).await;
    for path in ["/tomp/v2/livez", "/tomp/v2/readyz", "/tomp/v2/version"] {
        assert_eq!(gate.get(path).await.status, 404, "{path}");
    }
    assert_eq!((gate.get("/tomp/v2/health").await.status, echo.calls()), (200, 1));
}
