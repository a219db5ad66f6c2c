//! Large bodies pass piece by piece, and a call ends when either side has gone.

use futures_util::StreamExt as _;
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::gate::{DEADLINE, Gate};
use crate::upstream::{Bare, read_head, read_rest};

const PIECE: usize = 1024 * 1024;
const PIECES: usize = 20;

async fn download(head: &'static str, framed: fn(&[u8]) -> Vec<u8>, end: &'static [u8]) {
    let bare = Bare::start().await;
    let gate = Gate::to(&[("attachments", &bare.url)]).await;
    let (more, mut wanted) = tokio::sync::mpsc::channel::<()>(1);
    let service = tokio::spawn(async move {
        let mut socket = bare.accept().await;
        read_head(&mut socket).await;
        socket.write_all(format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n").as_bytes()).await.unwrap();
        socket.write_all(&framed(&[b'x'; PIECE])).await.unwrap();
        // The rest does not exist yet: only a client that has read the first piece makes it.
        wanted.recv().await.unwrap();
        for _ in 1..PIECES {
            socket.write_all(&framed(&[b'x'; PIECE])).await.unwrap();
        }
        socket.write_all(end).await.unwrap();
        socket
    });
    let response = timeout(DEADLINE, gate.http.get(gate.url("/files/big")).send()).await.unwrap().unwrap();
    let announced = response.content_length();
    let mut body = response.bytes_stream();
    let mut read = 0;
    while read < PIECE {
        read += timeout(DEADLINE, body.next()).await.unwrap().unwrap().unwrap().len();
    }
    assert!(read <= PIECE, "the rest was not sent yet");
    more.send(()).await.unwrap();
    while let Some(piece) = timeout(DEADLINE, body.next()).await.unwrap() {
        read += piece.unwrap().len();
    }
    assert_eq!(read, PIECE * PIECES);
    assert!(announced.is_none_or(|length| length as usize == read));
    assert_eq!(announced.is_some(), head.starts_with("content-length"));
    service.await.unwrap();
}

#[tokio::test]
async fn a_large_answer_of_known_length_arrives_while_it_is_made() {
    download("content-length: 20971520", <[u8]>::to_vec, b"").await;
}

#[tokio::test]
async fn a_large_answer_of_unknown_length_arrives_while_it_is_made() {
    let framed = |piece: &[u8]| [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
    download("transfer-encoding: chunked", framed, b"0\r\n\r\n").await;
}

#[tokio::test]
async fn an_upload_arrives_while_it_is_sent() {
    let bare = Bare::start().await;
    let gate = Gate::to(&[("attachments", &bare.url)]).await;
    let mut client = TcpStream::connect(gate.address).await.unwrap();
    let head = "POST /files HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 100000\r\n\r\nfirst";
    client.write_all(head.as_bytes()).await.unwrap();
    let mut service = bare.accept().await;
    let mut seen = read_head(&mut service).await;
    while !seen.ends_with("first") {
        let mut byte = [0];
        timeout(DEADLINE, service.read_exact(&mut byte)).await.unwrap().unwrap();
        seen.push(char::from(byte[0]));
    }
    assert!(seen.contains("content-length: 100000\r\n"), "{seen}");
    client.write_all(&vec![b'x'; 99_995]).await.unwrap();
    let mut rest = vec![0; 99_995];
    timeout(DEADLINE, service.read_exact(&mut rest)).await.unwrap().unwrap();
    service.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
    let answer = String::from_utf8(read_rest(&mut client).await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 Created") && answer.ends_with("\r\n\r\nok"), "{answer}");
}

#[tokio::test]
async fn an_answer_before_the_end_of_the_upload_reaches_the_client() {
    let bare = Bare::start().await;
    let gate = Gate::to(&[("attachments", &bare.url)]).await;
    let mut client = TcpStream::connect(gate.address).await.unwrap();
    let head = "POST /files HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\nfirst";
    client.write_all(head.as_bytes()).await.unwrap();
    let mut service = bare.accept().await;
    read_head(&mut service).await;
    service.write_all(b"HTTP/1.1 415 Unsupported Media Type\r\ncontent-length: 2\r\n\r\nno").await.unwrap();
    let mut answer = [0; 12];
    timeout(DEADLINE, client.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 415");
}

#[tokio::test]
async fn a_service_learns_that_the_client_of_a_stream_has_gone() {
    let bare = Bare::start().await;
    let gate = Gate::to(&[("desk", &bare.url)]).await;
    let call = tokio::spawn(gate.request(Method::GET, "/v1/feed").send());
    let mut service = bare.accept().await;
    read_head(&mut service).await;
    service.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n").await.unwrap();
    let response = call.await.unwrap().unwrap();
    drop((response, gate.http.clone()));
    let gone = async {
        // A feed writes now and then; at the latest by then the gateway notices.
        while service.write_all(b": still there\n\n").await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(DEADLINE, gone).await.unwrap();
}

#[tokio::test]
async fn a_service_learns_that_the_client_of_an_upload_has_gone() {
    let bare = Bare::start().await;
    let gate = Gate::to(&[("attachments", &bare.url)]).await;
    let mut client = TcpStream::connect(gate.address).await.unwrap();
    client
        .write_all(b"POST /files HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
        .await
        .unwrap();
    let mut service = bare.accept().await;
    read_head(&mut service).await;
    drop(client);
    let rest = read_rest(&mut service).await;
    assert!(!rest.ends_with(b"0\r\n\r\n"), "the body must not look whole: {}", String::from_utf8_lossy(&rest));
}

#[tokio::test]
async fn an_answer_that_breaks_off_breaks_off_for_the_client_too() {
    let bare = Bare::start().await;
    let gate = Gate::to(&[("attachments", &bare.url)]).await;
    let call = tokio::spawn(gate.request(Method::GET, "/files/big").send());
    let mut service = bare.accept().await;
    read_head(&mut service).await;
    service.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nhalf").await.unwrap();
    drop(service);
    assert!(call.await.unwrap().unwrap().bytes().await.is_err());
}
