//! Who a service believes the caller to be.

use reqwest::Method;
use serde_json::Value;

use crate::gate::{Gate, send};
use crate::upstream::{Echo, seen};

async fn sent(gate: &Gate, headers: &[(&str, &str)]) -> Value {
    let mut request = gate.request(Method::GET, "/support/tickets");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body
}

#[tokio::test]
async fn identity_that_a_client_claims_is_removed() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    let forged = [
        "x-user-id",
        "X-User-Roles",
        "x-internal-token",
        "x-internal-anything",
        "forwarded",
        "x-forwarded-user",
        "x-forwarded-prefix",
        "x-real-ip",
        "x-original-url",
        "x-http-method-override",
        "te",
        "upgrade",
        "proxy-authorization",
        "accept-encoding",
        "x-anything",
    ];
    let body = sent(&gate, &forged.map(|name| (name, "forged"))).await;
    for name in forged {
        assert_eq!(seen(&body, &name.to_lowercase()), Vec::<String>::new(), "{name}");
    }
}

#[tokio::test]
async fn origin_and_address_are_those_of_the_connection() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    let lies = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"].map(|name| (name, "lie"));
    let body = sent(&gate, &lies).await;
    assert_eq!(seen(&body, "x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(seen(&body, "x-forwarded-proto"), ["http"]);
    assert_eq!(seen(&body, "x-forwarded-host"), [gate.address.to_string()]);
}

#[tokio::test]
async fn a_public_url_is_the_origin_if_one_is_set() {
    let echo = Echo::start().await;
    let settings = [("HTTP__PUBLIC_URL", "https://desk.example.org")];
    let gate = Gate::with(&[("loan-support", &echo.url)], &settings).await;
    let body = sent(&gate, &[]).await;
    assert_eq!(seen(&body, "x-forwarded-proto"), ["https"]);
    assert_eq!(seen(&body, "x-forwarded-host"), ["desk.example.org"]);
}

#[tokio::test]
async fn what_the_contracts_name_passes_twice_if_sent_twice() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("mas-gateway", &echo.url)]).await;
    let names = [
        "accept",
        "accept-language",
        "authorization",
        "content-type",
        "cookie",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "range",
        "if-range",
        "last-event-id",
        "origin",
        "profileid",
        "request-tracking-id",
        "user-agent",
        "access-control-request-method",
        "access-control-request-headers",
    ];
    let mut request = gate.request(Method::POST, "/api/v1/customers/resume");
    for name in names {
        request = request.header(name, "one").header(name, "two");
    }
    let answer = send(request).await;
    for name in names {
        assert_eq!(seen(&answer.body, name), ["one", "two"], "{name}");
    }
}

#[tokio::test]
async fn a_good_request_id_is_passed_on_and_a_bad_one_is_not() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    assert_eq!(seen(&sent(&gate, &[("x-request-id", "abc-1._")]).await, "x-request-id"), ["abc-1._"]);
    for bad in ["", "a b", &"x".repeat(129)] {
        let ids = seen(&sent(&gate, &[("x-request-id", bad)]).await, "x-request-id");
        assert!(ids.len() == 1 && ids[0].len() == 36, "{ids:?}");
    }
}

#[tokio::test]
async fn a_trace_goes_on_and_a_broken_one_starts_anew() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let body = sent(&gate, &[("traceparent", parent), ("tracestate", "a=b")]).await;
    let traces = seen(&body, "traceparent");
    assert!(traces.len() == 1 && traces[0].starts_with(&parent[..36]) && traces[0] != parent, "{traces:?}");
    assert_eq!(seen(&body, "tracestate"), ["a=b"]);
    let body = sent(&gate, &[("traceparent", "00-nothing"), ("tracestate", "a=b")]).await;
    let traces = seen(&body, "traceparent");
    assert!(traces.len() == 1 && traces[0].len() == 55, "{traces:?}");
    assert_eq!(seen(&body, "tracestate"), Vec::<String>::new());
}

#[tokio::test]
async fn headers_that_connection_names_end_at_the_gateway() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    let body = sent(&gate, &[("connection", "keep-alive, Prefer"), ("prefer", "409"), ("range", "x")]).await;
    assert_eq!((seen(&body, "prefer").len(), seen(&body, "range").len()), (0, 1));
}
