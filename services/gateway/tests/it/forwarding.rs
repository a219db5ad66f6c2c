//! What goes through unchanged.

use reqwest::Method;
use testkit::assert_openapi;

use crate::LINES;
use crate::gate::{Gate, send};
use crate::upstream::{Echo, seen};

#[tokio::test]
async fn every_line_reaches_its_service_with_its_path_and_query() {
    for (path, service) in LINES {
        let echo = Echo::start().await;
        let gate = Gate::to(&[(service, &echo.url)]).await;
        let answer = gate.get(&format!("{path}/a%20b?x=1&y=%2F&z='")).await;
        let target = answer.body["target"].as_str().unwrap().replace("%27", "'");
        let expected = format!("{}/a%20b?x=1&y=%2F&z='", path.trim_start_matches("/tomp/v2"));
        assert_eq!((answer.status, target), (200, expected), "{path}");
    }
}

#[tokio::test]
async fn every_method_arrives_with_its_body() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "REPORT"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let body = if method == Method::GET { "" } else { "{\"a\":1}" };
        let answer = send(gate.request(method.clone(), "/support/tickets").body(body)).await;
        assert_eq!((answer.status, answer.body["method"].as_str()), (200, Some(method.as_str())));
        assert_eq!(answer.body["body"], body, "{method}");
    }
}

#[tokio::test]
async fn a_get_without_body_stays_one() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    let answer = gate.get("/support/tickets").await;
    assert_eq!(seen(&answer.body, "content-length"), Vec::<String>::new());
    assert_eq!(seen(&answer.body, "transfer-encoding"), Vec::<String>::new());
    let empty = send(gate.request(Method::POST, "/support/tickets")).await;
    assert_eq!((empty.status, empty.body["length"].as_u64()), (200, Some(0)));
}

#[tokio::test]
async fn status_and_headers_of_the_answer_come_back() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    let request = gate.request(Method::POST, "/support/tickets").header("prefer", "409").header("x-request-id", "mine");
    let answer = send(request).await;
    assert_eq!(answer.status, 409);
    assert_eq!(answer.header("set-cookie"), "a=1 & b=2");
    assert_eq!(answer.header("x-total-count"), "7");
    assert_eq!(answer.header("x-request-id"), "mine");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("date").matches("GMT").count(), 1);
}

#[tokio::test]
async fn answers_without_a_body_have_none() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    for status in [204_u16, 304] {
        let request = gate.request(Method::GET, "/support/tickets").header("prefer", status.to_string());
        let answer = send(request).await;
        assert_eq!(
            (answer.status, answer.text.as_str(), answer.header("transfer-encoding")),
            (status, "", String::new())
        );
        assert_eq!(answer.header("content-length"), "");
    }
    let get = gate.get("/support/tickets").await;
    let raw = gate.raw(b"HEAD /support/tickets HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    let (head, body) = raw.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "");
    assert!(head.starts_with("HTTP/1.1 200 OK") && head.contains("content-length: "), "{head}");
    assert!(!head.contains("content-length: 0") && get.header("content-length") != "0", "{head}");
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    let request = "GET /support/tickets HTTP/1.1\r\nhost: a\r\n\r\n".repeat(3);
    let last = "HEAD /support/tickets HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let raw = gate.raw(format!("{request}{last}").as_bytes()).await;
    assert_eq!(raw.matches("HTTP/1.1 200 OK").count(), 4, "{raw}");
}

#[tokio::test]
async fn configured_routes_come_before_the_built_in_ones() {
    let echo = Echo::start().await;
    let routes = r#"[{"path":"/legacy/support/*","service":"loan-support","strip":"/legacy"}]"#;
    let gate = Gate::with(&[("loan-support", &echo.url)], &[("GATEWAY__ROUTES", routes)]).await;
    assert_eq!(gate.get("/legacy/support/tickets?a=b").await.body["target"], "/support/tickets?a=b");
}

#[test]
fn the_openapi_document_is_what_the_code_says() {
    assert_openapi::<gateway::Gateway>(env!("CARGO_MANIFEST_DIR"));
}

#[tokio::test]
async fn metrics_name_the_row_and_never_the_path() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url), ("tour-tickets", &echo.url)]).await;
    for path in ["/support/tickets/ticket_of_metrics", "/api/support_tickets/4711", "/nowhere/of_metrics"] {
        gate.get(path).await;
    }
    let metrics = gate.get("/metrics").await.text;
    for route in ["/support/*", "/api/support_tickets*", "unknown"] {
        let label = format!("route=\"{route}\"");
        let counted = |line: &str| line.starts_with("crossdesk_http_requests_total{") && line.contains(&label);
        assert!(metrics.lines().any(counted), "{route} in {metrics}");
    }
    assert!(!metrics.contains("of_metrics") && !metrics.contains("4711"));
}
