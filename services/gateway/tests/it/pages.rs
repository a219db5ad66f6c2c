//! The gateway's own pages.

use reqwest::Method;
use serde_json::json;

use crate::gate::{Gate, send};
use crate::upstream::Echo;

#[tokio::test]
async fn the_home_page_links_the_console_and_the_docs() {
    let gate = Gate::to(&[]).await;
    let home = gate.get("/").await;
    assert_eq!((home.status, home.header("content-type").as_str()), (200, "text/html; charset=utf-8"));
    assert!(home.text.contains("href=\"/console\"") && home.text.contains("href=\"/docs\""), "{}", home.text);
    assert!(!home.text.contains("<script"), "{}", home.text);
    assert!(home.header("content-security-policy").starts_with("default-src 'none'"));
}

#[tokio::test]
async fn the_docs_page_links_the_document_of_every_service() {
    let gate = Gate::to(&[]).await;
    let docs = gate.get("/docs").await;
    for service in crate::LINES.map(|(_, service)| service).into_iter().chain(["gateway"]) {
        assert!(docs.text.contains(&format!("href=\"/openapi/{service}.json\"")), "{service}");
    }
}

#[tokio::test]
async fn documents_come_from_the_services() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    assert_eq!(gate.get("/openapi/loan-support.json").await.body["target"], "/internal/v1/openapi.json");
    let head = send(gate.request(Method::HEAD, "/openapi/loan-support.json")).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_eq!(gate.get("/openapi/desk.json").await.status, 503);
    assert_eq!(gate.get("/openapi/nobody.json").await.status, 404);
    let own = gate.get("/openapi/gateway.json").await;
    assert!(own.body["paths"]["/docs"]["get"].is_object(), "{}", own.text);
}

#[tokio::test]
async fn events_are_described_by_the_gateway_itself() {
    let gate = Gate::to(&[]).await;
    let events = gate.get("/asyncapi.json").await;
    assert_eq!((events.status, events.header("content-type").as_str()), (200, "application/json"));
    assert_eq!(events.body["asyncapi"], "3.0.0");
    assert!(events.body["channels"]["ticket.events"].is_object(), "{}", events.text);
    assert!(gate.get("/docs").await.text.contains("href=\"/asyncapi.json\""));
}

#[tokio::test]
async fn pages_have_the_usual_methods() {
    let gate = Gate::to(&[]).await;
    for path in ["/", "/docs", "/asyncapi.json", "/metrics"] {
        assert_eq!(send(gate.request(Method::HEAD, path)).await.status, 200, "{path}");
        let post = send(gate.request(Method::POST, path)).await;
        assert_eq!((post.status, post.header("allow").as_str()), (405, "GET, HEAD"), "{path}");
        assert_eq!(send(gate.request(Method::OPTIONS, path)).await.status, 204, "{path}");
    }
}

#[tokio::test]
async fn health_is_the_gateways_own() {
    let gate = Gate::to(&[]).await;
    assert_eq!(gate.get("/livez").await.status, 200);
    assert_eq!(gate.get("/readyz").await.body, json!({"status": "ready", "service": "gateway"}));
    assert_eq!(gate.get("/version").await.body["service"], "gateway");
}

#[tokio::test]
async fn metrics_are_for_the_local_profile_only() {
    let gate = Gate::to(&[]).await;
    let metrics = gate.get("/metrics").await;
    assert_eq!((metrics.status, metrics.header("content-type").as_str()), (200, "text/plain; version=0.0.4"));
    let secrets = ["9f1c4b7a2e8d6053", "c4e8a1b7d2f96035"].map(|half| half.repeat(4));
    let issuers = format!(r#"[{{"issuer":"i","hs256_secret":"{}"}}]"#, secrets[0]);
    let settings =
        [("PROFILE", "production"), ("AUTH__SERVICE_SECRET", secrets[1].as_str()), ("AUTH__ISSUERS", issuers.as_str())];
    let production = Gate::with(&[], &settings).await;
    let hidden = production.get("/metrics").await;
    assert_eq!((hidden.status, &hidden.body["title"]), (404, &json!("Not Found")));
}
