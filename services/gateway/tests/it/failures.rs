//! Services that are away, silent, or just restarting.

use reqwest::Method;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::gate::{Gate, send};
use crate::upstream::{Bare, Echo, read_head};
use crate::{LINES, essence, words};

/// An address where nobody listens.
async fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn a_service_that_is_down_is_503_in_the_words_of_its_line() {
    for (path, service) in LINES {
        let url = nowhere().await;
        let gate = Gate::to(&[(service, &url)]).await;
        for method in [Method::GET, Method::POST] {
            let answer = send(gate.request(method, path)).await;
            assert_eq!((answer.status, answer.header("retry-after").as_str()), (503, "1"), "{path}");
            assert_eq!(essence(service, &answer.body), words(service, 503), "{path}");
            assert!(!answer.text.contains("127.0.0.1"), "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn a_service_without_an_address_is_503() {
    let gate = Gate::to(&[]).await;
    for (path, service) in LINES {
        let answer = gate.get(path).await;
        assert_eq!((answer.status, answer.header("retry-after").as_str()), (503, "1"), "{path}");
        assert_eq!(essence(service, &answer.body), words(service, 503), "{path}");
    }
}

#[tokio::test]
async fn a_service_that_is_silent_is_504_in_the_words_of_its_line() {
    for (path, service) in LINES {
        // Connections wait in the listener's queue; nobody ever reads them.
        let bare = Bare::start().await;
        let gate = Gate::with(&[(service, &bare.url)], &[("GATEWAY__UPSTREAM_TIMEOUT_MS", "100")]).await;
        let answer = gate.get(path).await;
        assert_eq!(answer.status, 504, "{path}");
        assert_eq!(essence(service, &answer.body), words(service, 504), "{path}");
    }
}

#[tokio::test]
async fn a_service_that_stalls_inside_a_small_answer_is_504() {
    let bare = Bare::start().await;
    let gate = Gate::with(&[("loan-support", &bare.url)], &[("GATEWAY__UPSTREAM_TIMEOUT_MS", "100")]).await;
    let call = tokio::spawn(send(gate.request(Method::GET, "/support/tickets")));
    let mut service = bare.accept().await;
    read_head(&mut service).await;
    service.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await.unwrap();
    assert_eq!(call.await.unwrap().status, 504);
}

#[tokio::test]
async fn a_mas_error_repeats_the_tracking_id() {
    let gate = Gate::to(&[]).await;
    let answer = send(gate.request(Method::GET, "/api/v1/customers/resume").header("request-tracking-id", "456")).await;
    assert_eq!(
        (answer.body["request_tracking_id"].as_str(), answer.header("request-tracking-id").as_str()),
        (Some("456"), "456")
    );
}

#[tokio::test]
async fn a_restart_of_the_service_is_not_noticed_by_readers() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    assert_eq!(gate.get("/support/tickets").await.status, 200);
    let address = echo.stop().await;
    assert_eq!(gate.get("/support/tickets").await.status, 503);
    let echo = Echo::at(address).await;
    assert_eq!(gate.get("/support/tickets").await.status, 200);
    assert_eq!(echo.calls(), 1);
}

/// Answers once on a connection, then closes it the moment the next request has arrived, then answers on a new one.
async fn breaks_once(method: Method, path: &str, key: Option<&str>, bare: Bare, gate: &Gate) -> (u16, usize) {
    let service = tokio::spawn(async move {
        let mut calls = 0;
        let mut first = bare.accept().await;
        read_head(&mut first).await;
        first.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        read_head(&mut first).await;
        calls += 1;
        drop(first);
        let accepted = tokio::time::timeout(std::time::Duration::from_millis(300), bare.accept()).await;
        if let Ok(mut second) = accepted {
            read_head(&mut second).await;
            calls += 1;
            second.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        }
        calls
    });
    assert_eq!(gate.get(path).await.text, "ok");
    let mut request = gate.request(method, path);
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let answer = send(request).await;
    (answer.status, service.await.unwrap())
}

#[tokio::test]
async fn what_may_be_sent_twice_is_repeated_once_when_its_connection_breaks() {
    for (method, key) in
        [(Method::GET, None), (Method::HEAD, None), (Method::PUT, None), (Method::POST, Some("key-of-the-client"))]
    {
        let bare = Bare::start().await;
        let gate = Gate::to(&[("loan-support", &bare.url)]).await;
        assert_eq!(breaks_once(method, "/support/tickets", key, bare, &gate).await, (200, 2));
    }
    let bare = Bare::start().await;
    let gate = Gate::to(&[("mas-gateway", &bare.url)]).await;
    let mas = "/api/v1/customers/1/tickets";
    assert_eq!(
        breaks_once(Method::POST, mas, None, bare, &gate).await,
        (200, 2),
        "its contract makes it the same request"
    );
}

#[tokio::test]
async fn another_write_that_got_no_answer_is_never_repeated() {
    for method in [Method::POST, Method::DELETE] {
        let bare = Bare::start().await;
        let gate = Gate::to(&[("loan-support", &bare.url)]).await;
        assert_eq!(breaks_once(method, "/support/tickets", None, bare, &gate).await, (503, 1));
    }
}

#[tokio::test]
async fn a_gateway_that_stops_finishes_what_it_has_begun() {
    let bare = Bare::start().await;
    let gate = Gate::to(&[("loan-support", &bare.url)]).await;
    let call = tokio::spawn(send(gate.request(Method::GET, "/support/tickets")));
    let mut service = bare.accept().await;
    read_head(&mut service).await;
    let stopping = tokio::spawn(gate.stop());
    service.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
    assert_eq!(call.await.unwrap().text, "ok");
    stopping.await.unwrap();
}
