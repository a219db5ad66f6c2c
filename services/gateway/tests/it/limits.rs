//! Too many requests, of one caller or of all.

use reqwest::Method;
use tokio::io::AsyncWriteExt as _;

use crate::gate::{Gate, send};
use crate::upstream::{Bare, Echo, read_head};
use crate::{LINES, essence, words};

const RATE: [(&str, &str); 2] = [("GATEWAY__RATE_LIMIT_PER_SECOND", "1"), ("GATEWAY__RATE_LIMIT_BURST", "2")];

#[tokio::test]
async fn above_the_rate_a_caller_gets_429_in_the_words_of_the_line() {
    for (path, service) in LINES {
        let echo = Echo::start().await;
        let gate = Gate::with(&[(service, &echo.url)], &RATE).await;
        let mut answer = gate.get(path).await;
        assert_eq!(answer.status, 200);
        // A slow machine may earn a request meanwhile, so not exactly the third.
        for _ in 0..20 {
            answer = gate.get(path).await;
        }
        assert_eq!((answer.status, answer.header("retry-after").as_str()), (429, "1"), "{path}");
        assert_eq!(essence(service, &answer.body), words(service, 429), "{path}");
    }
}

#[tokio::test]
async fn callers_are_counted_by_subject_and_bad_tokens_by_address() {
    let echo = Echo::start().await;
    let gate = Gate::with(&[("loan-support", &echo.url)], &RATE).await;
    let get = |token: &str| send(gate.request(Method::GET, "/support/tickets").bearer_auth(token));
    let (one, other) = (gate.token("one"), gate.token("other"));
    let mut last = 0;
    for _ in 0..20 {
        last = get("bad").await.status;
    }
    assert_eq!(last, 429);
    assert_eq!(get(&one).await.status, 200);
    for _ in 0..20 {
        last = get(&one).await.status;
    }
    assert_eq!((last, get(&other).await.status), (429, 200));
}

#[tokio::test]
async fn by_default_nobody_is_limited() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    for _ in 0..100 {
        assert_eq!(gate.get("/support/tickets").await.status, 200);
    }
}

#[tokio::test]
async fn above_the_load_requests_are_shed_at_once_and_pages_are_not() {
    let bare = Bare::start().await;
    let settings = [("GATEWAY__MAX_IN_FLIGHT", "1")];
    let addresses = LINES.map(|(_, service)| (service, bare.url.as_str()));
    let gate = Gate::with(&addresses, &settings).await;
    let call = tokio::spawn(send(gate.request(Method::GET, "/support/tickets")));
    let mut service = bare.accept().await;
    read_head(&mut service).await;
    for (path, service) in LINES {
        let shed = gate.get(path).await;
        assert_eq!((shed.status, shed.header("retry-after").as_str()), (503, "1"), "{path}");
        assert_eq!(essence(service, &shed.body), words(service, 503), "{path}");
    }
    assert_eq!(gate.get("/livez").await.status, 200);
    assert!(gate.get("/metrics").await.text.contains("crossdesk_shed_total{service=\"gateway\"}"));
    service.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
    assert_eq!(call.await.unwrap().text, "ok");
    let next = tokio::spawn(send(gate.request(Method::GET, "/support/tickets")));
    read_head(&mut service).await;
    service.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
    assert_eq!(next.await.unwrap().status, 200, "the place is free again");
}

#[tokio::test]
async fn bodies_that_never_come_take_no_places() {
    let echo = Echo::start().await;
    let gate = Gate::with(&[("loan-support", &echo.url)], &[("GATEWAY__MAX_IN_FLIGHT", "2")]).await;
    let address = gate.url("").trim_start_matches("http://").to_owned();
    let mut stalled = Vec::new();
    for _ in 0..20 {
        let mut client = tokio::net::TcpStream::connect(&address).await.unwrap();
        client.write_all(b"POST /support/tickets HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n").await.unwrap();
        stalled.push(client);
    }
    for _ in 0..20 {
        assert_eq!(gate.get("/support/tickets").await.status, 200);
    }
}
