//! The table, and preparing against a server of a few lines.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

fn customers() -> Vec<Customer> {
    ["one", "two"].map(|name| Customer { name: name.to_owned(), token: format!("token-of-{name}") }).into()
}

/// Answers every request with this status and body; the connection stays open.
async fn server(status: u16, body: &'static str) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 4096];
        while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
            let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    address
}

fn line(name: &str) -> &'static Line {
    LINES.iter().find(|line| line.name == name).unwrap()
}

#[test]
fn every_create_is_json_of_the_right_length_and_has_a_number_of_its_own() {
    for line in &LINES {
        let request = line.create(&line.create, &customers()[0], "5");
        let mut creates = Creates::numbered(request, line.create.status, 41, 1);
        let texts = [(); 2].map(|()| String::from_utf8(creates.next().to_vec()).unwrap());
        assert!(texts[0].contains("0000000000000041") && texts[1].contains("0000000000000042"), "{}", texts[0]);
        let (head, body) = texts[0].split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("\r\ncontent-length: {}", body.len())), "{head}");
        serde_json::from_str::<Value>(body).unwrap();
        assert!(!texts[0].contains(ID), "{}", texts[0]);
        assert!(line.read.contains(ID), "{}", line.name);
    }
}

#[tokio::test]
async fn a_line_that_is_there_is_read_where_it_was_created() {
    let address = server(201, r#"{"id":7}"#).await;
    let Ready::Yes(prepared) = prepare(line("helpdesk"), address, &customers()).await.unwrap() else {
        panic!("not served")
    };
    assert_eq!((prepared.creates.len(), prepared.reads.len()), (2, 2 * READ_EACH as usize));
    let read = String::from_utf8(prepared.reads[0].clone()).unwrap();
    let expected =
        "GET /api/v1/support/tickets/7 HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer token-of-one\r\n";
    assert_eq!(read, format!("{expected}\r\n"));
}

#[tokio::test]
async fn a_line_that_nobody_serves_is_no_failure() {
    for status in NOT_SERVED {
        for line in &LINES {
            let address = server(status, "{}").await;
            let ready = prepare(line, address, &customers()).await.unwrap();
            assert!(matches!(ready, Ready::NotServed(said) if said == status), "{}", line.name);
        }
    }
}

#[tokio::test]
async fn a_refusal_and_an_answer_without_an_id_are_failures() {
    for (status, body) in [(400, "{}"), (201, "{}"), (201, "no JSON")] {
        let address = server(status, body).await;
        let error = prepare(line("tours"), address, &customers()).await.err().unwrap().to_string();
        assert!(error.contains("POST /api/support_tickets"), "{error}");
    }
}
