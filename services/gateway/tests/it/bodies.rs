//! How large a body may be, however it is sent.

use reqwest::Method;

use crate::gate::{Answer, Gate, send};
use crate::upstream::Echo;
use crate::{LINES, essence, words};

const MIB: usize = 1024 * 1024;

/// Each piece 64 KiB, so that the sum is known only at the end.
fn chunked(length: usize) -> reqwest::Body {
    let pieces = (0..length.div_ceil(65_536)).map(move |index| vec![b'x'; 65_536.min(length - index * 65_536)]);
    reqwest::Body::wrap_stream(futures_util::stream::iter(pieces.map(Ok::<_, std::io::Error>)))
}

async fn post(gate: &Gate, path: &str, body: impl Into<reqwest::Body>) -> Answer {
    send(gate.request(Method::POST, path).body(body)).await
}

fn limit(service: &str) -> usize {
    if service == "helpdesk-conversation" { 64 * 1024 } else { MIB }
}

#[tokio::test]
async fn a_body_at_the_limit_passes_whole() {
    for (path, service) in LINES {
        let echo = Echo::start().await;
        let gate = Gate::to(&[(service, &echo.url)]).await;
        let most = limit(service);
        assert_eq!(post(&gate, path, vec![b'x'; most]).await.body["length"], most, "{path}");
        assert_eq!(post(&gate, path, chunked(most)).await.body["length"], most, "{path}, chunked");
    }
}

#[tokio::test]
async fn a_body_above_the_limit_is_413_in_the_words_of_the_line_and_never_arrives() {
    for (path, service) in LINES {
        let echo = Echo::start().await;
        let gate = Gate::to(&[(service, &echo.url)]).await;
        let most = limit(service);
        for (how, body) in [("sized", vec![b'x'; most + 1].into()), ("chunked", chunked(most + 1))] {
            let answer = post(&gate, path, body).await;
            assert_eq!(answer.status, 413, "{path}, {how}");
            assert_eq!(essence(service, &answer.body), words(service, 413), "{path}, {how}");
        }
        assert_eq!(echo.calls(), 0, "{path}");
    }
}

#[tokio::test]
async fn only_a_file_may_be_large() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("attachments", &echo.url)]).await;
    let file = 25 * MIB;
    assert_eq!(post(&gate, "/files", vec![b'x'; file]).await.body["length"], file);
    assert_eq!(post(&gate, "/files", chunked(file)).await.body["length"], file);
    assert_eq!(post(&gate, "/files", chunked(file + 64 * 1024 + 1)).await.status, 413);
    assert_eq!(post(&gate, "/files/x", vec![b'x'; MIB + 1]).await.status, 413);
}

#[tokio::test]
async fn small_chunked_bodies_pass() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    let answer = post(&gate, "/support/tickets", chunked(10)).await;
    assert_eq!((answer.status, answer.body["body"].as_str()), (200, Some("xxxxxxxxxx")));
}

#[tokio::test]
async fn a_client_that_sends_everything_first_still_reads_its_413() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    let mut request =
        b"POST /support/tickets HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 3000000\r\n\r\n".to_vec();
    request.resize(request.len() + 3_000_000, b'x');
    let answer = gate.raw(&request).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_send() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    let request = b"POST /support/tickets HTTP/1.1\r\nhost: a\r\nconnection: close\r\nexpect: 100-continue\r\n\
                    content-length: 2\r\n\r\nok";
    let answer = gate.raw(request).await;
    assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"), "{answer}");
}

#[tokio::test]
async fn half_a_body_is_never_taken_for_a_whole_one() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    let heads = [
        "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "content-length: 9\r\n\r\nabc",
        "content-length: 90000\r\n\r\nabc",
    ];
    for head in heads {
        let mut socket = tokio::net::TcpStream::connect(gate.address).await.unwrap();
        let request = format!("POST /support/tickets HTTP/1.1\r\nhost: a\r\n{head}");
        tokio::io::AsyncWriteExt::write_all(&mut socket, request.as_bytes()).await.unwrap();
        tokio::io::AsyncWriteExt::shutdown(&mut socket).await.unwrap();
        let answer = String::from_utf8(crate::upstream::read_rest(&mut socket).await).unwrap();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{head}: {answer}");
    }
    assert_eq!(gate.get("/support/tickets").await.status, 200);
    assert_eq!(echo.calls(), 1, "only the whole request arrived");
}
