//! WebSockets through the gateway: what passes, and who is asked for one.

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::gate::{DEADLINE, Gate, send};
use crate::sockets::{Helpdesk, SOCKET, Socket, agree, dial, echo, hear, pair, request_head};
use crate::upstream::{Bare, Echo, read_head, seen};
use crate::{essence, words};

const HELPDESK: &str = "helpdesk-conversation";

async fn served() -> (Helpdesk, Gate) {
    let helpdesk = Helpdesk::start().await;
    let gate = Gate::to(&[(HELPDESK, &helpdesk.url)]).await;
    (helpdesk, gate)
}

#[tokio::test]
async fn messages_pass_both_ways_on_both_sockets_of_the_helpdesk() {
    let (mut helpdesk, gate) = served().await;
    for path in [SOCKET, "/api/v1/events"] {
        let (mut client, agreement) = dial(&gate, path, &[]).await.unwrap();
        assert_eq!(agreement.headers()["upgrade"], "websocket");
        assert_eq!(agreement.headers()["x-content-type-options"], "nosniff");
        assert!(agreement.headers().contains_key("x-request-id"));
        let mut service = helpdesk.accept().await;
        service.send(Message::binary(vec![0, 0x80, 0, 0x80, 0, 0, 0, 0])).await.unwrap();
        assert_eq!(hear(&mut client).await, Message::binary(vec![0, 0x80, 0, 0x80, 0, 0, 0, 0]));
        client.send(Message::text("Grüße")).await.unwrap();
        assert_eq!(hear(&mut service).await, Message::text("Grüße"));
    }
}

#[tokio::test]
async fn the_service_sees_what_the_ends_agree_on_and_who_calls_and_nothing_forged() {
    let (helpdesk, gate) = served().await;
    let token = gate.token("user_1");
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("cookie", "theme=dark"),
        ("origin", "https://desk.example.org"),
        ("sec-websocket-protocol", "one, two"),
        ("sec-websocket-extensions", "permessage-deflate"),
        ("x-request-id", "abc-1"),
        ("x-user-id", "forged"),
        ("x-forwarded-for", "forged"),
    ];
    // The library's server selects none of the offered protocols, which its client does not forgive.
    assert!(matches!(dial(&gate, SOCKET, &headers).await, Err(Error::Protocol(_))));
    let heads = helpdesk.heads();
    let head = &heads[0];
    for (name, value) in &headers[..6] {
        assert_eq!(head[*name], value, "{name}");
    }
    assert_eq!(head["sec-websocket-version"], "13");
    assert_eq!(head["connection"], "Upgrade");
    assert_eq!(head["upgrade"], "websocket");
    assert_eq!(head["x-forwarded-for"], "127.0.0.1");
    assert_eq!(head["x-forwarded-host"], gate.address.to_string());
    assert!(head.contains_key("traceparent") && !head.contains_key("x-user-id"));
}

#[tokio::test]
async fn every_byte_after_the_agreement_passes_untouched() {
    let bare = Bare::start().await;
    let gate = Gate::to(&[(HELPDESK, &bare.url)]).await;
    let mut client = TcpStream::connect(gate.address).await.unwrap();
    // The first bytes come with the head, before anybody has agreed.
    client.write_all(format!("{}early", request_head(SOCKET, "")).as_bytes()).await.unwrap();
    let mut service = bare.accept().await;
    let head = read_head(&mut service).await;
    assert!(head.ends_with("\r\n\r\n"), "nothing of the conversation before the agreement: {head}");
    agree(&mut service).await;
    let answer = read_head(&mut client).await.to_lowercase();
    assert!(answer.starts_with("http/1.1 101 switching protocols\r\n"), "{answer}");
    assert!(answer.contains("\r\nsec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"), "{answer}");
    assert!(answer.contains("\r\nconnection: upgrade\r\n"), "{answer}");
    assert!(!answer.contains("transfer-encoding") && !answer.contains("content-length"), "{answer}");
    let mut early = [0; 5];
    timeout(DEADLINE, service.read_exact(&mut early)).await.unwrap().unwrap();
    assert_eq!(&early, b"early");
    // Bytes that are no frames at all, and no HTTP: the gateway has no opinion.
    let sent: Vec<u8> = (0..3_000_000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (mut there, mut back) = (vec![0; sent.len()], vec![0; sent.len()]);
    let (mut client_reads, mut client_writes) = client.split();
    let (mut service_reads, mut service_writes) = service.split();
    let all = async {
        tokio::try_join!(
            client_writes.write_all(&sent),
            service_writes.write_all(&sent),
            service_reads.read_exact(&mut there),
            client_reads.read_exact(&mut back),
        )
    };
    timeout(DEADLINE, all).await.unwrap().unwrap();
    assert!(there == sent && back == sent);
}

#[tokio::test]
async fn a_megabyte_passes_whole_and_in_fragments() {
    let (mut helpdesk, gate) = served().await;
    let (mut client, service) = pair(&gate, &mut helpdesk).await;
    tokio::spawn(echo(service));
    let large = vec![7_u8; 1024 * 1024];
    client.send(Message::binary(large.clone())).await.unwrap();
    assert_eq!(hear(&mut client).await, Message::binary(large));
    let fragment = |text: &'static str, kind, last| Message::Frame(Frame::message(text, OpCode::Data(kind), last));
    client.send(fragment("one ", Data::Text, false)).await.unwrap();
    client.send(Message::Ping("between".into())).await.unwrap();
    client.send(fragment("message", Data::Continue, true)).await.unwrap();
    assert_eq!(hear(&mut client).await, Message::Pong("between".into()));
    assert_eq!(hear(&mut client).await, Message::text("one message"));
}

#[tokio::test]
async fn pings_and_pongs_are_the_ends_own() {
    let (mut helpdesk, gate) = served().await;
    let (mut client, mut service) = pair(&gate, &mut helpdesk).await;
    service.send(Message::Ping("still there?".into())).await.unwrap();
    assert_eq!(hear(&mut client).await, Message::Ping("still there?".into()));
    client.flush().await.unwrap();
    assert_eq!(hear(&mut service).await, Message::Pong("still there?".into()));
}

#[tokio::test]
async fn close_codes_pass_both_ways() {
    let (mut helpdesk, gate) = served().await;
    let mut closings = Vec::new();
    for (code, by_client) in [(1000, true), (4002, true), (1001, false), (1008, false), (1013, false), (4001, false)] {
        let (client, service) = pair(&gate, &mut helpdesk).await;
        closings.push(closing(client, service, code, by_client));
    }
    futures_util::future::join_all(closings).await;
}

async fn closing(mut client: Socket, mut service: Socket, code: u16, by_client: bool) {
    let frame = CloseFrame { code: CloseCode::from(code), reason: "so long".into() };
    let (one, other) = if by_client { (&mut client, &mut service) } else { (&mut service, &mut client) };
    one.close(Some(frame.clone())).await.unwrap();
    assert_eq!(hear(other).await, Message::Close(Some(frame.clone())), "{code}");
    // The other end answers with the same code, and the service hangs up.
    let answered = other.flush().await;
    assert!(matches!(answered, Ok(()) | Err(Error::ConnectionClosed)), "{code}: {answered:?}");
    assert_eq!(hear(one).await, Message::Close(Some(frame)), "{code}");
    drop(service);
    assert!(timeout(DEADLINE, client.next()).await.unwrap().is_none(), "{code}");
}

#[tokio::test]
async fn fifty_tunnels_at_once_do_not_mix() {
    let (mut helpdesk, gate) = served().await;
    let mut clients = Vec::new();
    for _ in 0..50 {
        let (client, service) = pair(&gate, &mut helpdesk).await;
        tokio::spawn(echo(service));
        clients.push(client);
    }
    for (number, client) in clients.iter_mut().enumerate() {
        client.send(Message::text(format!("I am {number}"))).await.unwrap();
    }
    for (number, client) in clients.iter_mut().enumerate() {
        assert_eq!(hear(client).await, Message::text(format!("I am {number}")));
    }
    assert!(gate.get("/metrics").await.text.contains("crossdesk_tunnels_open{service=\"gateway\"}"));
}

#[tokio::test]
async fn what_a_service_refuses_is_an_answer_like_any_other() {
    let bare = Bare::start().await;
    let gate = Gate::to(&[(HELPDESK, &bare.url)]).await;
    for status in ["400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "200 OK"] {
        let refuse = async {
            let mut service = bare.accept().await;
            read_head(&mut service).await;
            let answer =
                format!("HTTP/1.1 {status}\r\nx-reason: ours\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno");
            service.write_all(answer.as_bytes()).await.unwrap();
            service
        };
        let (refused, _service) = tokio::join!(dial(&gate, SOCKET, &[]), refuse);
        let Err(Error::Http(answer)) = refused else { panic!("{status}: not refused") };
        assert!(status.starts_with(answer.status().as_str()), "{status}");
        assert_eq!(answer.headers()["x-reason"], "ours");
        assert_eq!(answer.body().as_deref(), Some(b"no".as_slice()));
    }
}

#[tokio::test]
async fn a_bad_token_never_reaches_the_service() {
    let (mut helpdesk, gate) = served().await;
    let good = gate.token("user_1");
    let bad = [("authorization", "Bearer forged".to_owned()), ("cookie", format!("a=b; sesid={good}x"))];
    for (name, value) in bad {
        let Err(Error::Http(answer)) = dial(&gate, SOCKET, &[(name, &value)]).await else { panic!("not refused") };
        assert_eq!(answer.status(), 401);
        let body = serde_json::from_slice(answer.body().as_ref().unwrap()).unwrap();
        assert_eq!(essence(HELPDESK, &body), words(HELPDESK, 401));
    }
    assert!(helpdesk.heads().is_empty());
    let good = [("authorization", format!("Bearer {good}")), ("cookie", format!("sesid={good}"))];
    for (name, value) in good {
        dial(&gate, SOCKET, &[(name, &value)]).await.unwrap();
        helpdesk.accept().await;
    }
}

#[tokio::test]
async fn sockets_count_against_the_rate_of_their_caller() {
    let helpdesk = Helpdesk::start().await;
    let settings = [("GATEWAY__RATE_LIMIT_PER_SECOND", "1"), ("GATEWAY__RATE_LIMIT_BURST", "1")];
    let gate = Gate::with(&[(HELPDESK, &helpdesk.url)], &settings).await;
    let mut last = None;
    for _ in 0..5 {
        last = dial(&gate, SOCKET, &[]).await.err();
    }
    let Some(Error::Http(answer)) = last else { panic!("not refused") };
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (429, &"1".parse().unwrap()));
}

#[tokio::test]
async fn without_a_service_an_upgrade_is_503_and_a_silent_one_is_504() {
    let bare = Bare::start().await;
    let patience = [("GATEWAY__UPSTREAM_TIMEOUT_MS", "100")];
    for (addresses, status) in
        [(vec![], 503), (vec![(HELPDESK, "http://127.0.0.1:1")], 503), (vec![(HELPDESK, bare.url.as_str())], 504)]
    {
        let gate = Gate::with(&addresses, &patience).await;
        let Err(Error::Http(answer)) = dial(&gate, SOCKET, &[]).await else { panic!("not refused") };
        assert_eq!(answer.status(), status);
        let body = serde_json::from_slice(answer.body().as_ref().unwrap()).unwrap();
        assert_eq!(essence(HELPDESK, &body), words(HELPDESK, status));
    }
}

#[tokio::test]
async fn on_lines_without_sockets_an_upgrade_is_a_plain_request() {
    for (path, service) in crate::LINES.into_iter().filter(|(_, service)| *service != HELPDESK) {
        let echo = Echo::start().await;
        let gate = Gate::to(&[(service, &echo.url)]).await;
        let Err(Error::Http(answer)) = dial(&gate, path, &[]).await else { panic!("{path}: not refused") };
        assert_eq!(answer.status(), 200);
        let body: serde_json::Value = serde_json::from_slice(answer.body().as_ref().unwrap()).unwrap();
        for name in ["connection", "upgrade", "sec-websocket-key", "sec-websocket-version"] {
            assert!(seen(&body, name).is_empty(), "{path}: {name}");
        }
    }
}

#[tokio::test]
async fn only_a_get_that_names_both_headers_and_has_no_body_asks_for_a_socket() {
    let bare = Bare::start().await;
    let gate = Gate::to(&[(HELPDESK, &bare.url)]).await;
    let asking = [
        ("GET", "1.1", "connection: upgrade\r\nupgrade: WebSocket\r\n", true),
        ("GET", "1.1", "connection: keep-alive, Upgrade\r\nupgrade: websocket\r\n", true),
        ("GET", "1.1", "connection: upgrade\r\n", false),
        ("GET", "1.1", "upgrade: websocket\r\nconnection: close\r\n", false),
        ("GET", "1.1", "connection: upgrade, close\r\nupgrade: h2c\r\n", false),
        ("GET", "1.0", "connection: upgrade, close\r\nupgrade: websocket\r\n", false),
        ("POST", "1.1", "connection: upgrade\r\nupgrade: websocket\r\n", false),
        ("GET", "1.1", "connection: upgrade\r\nupgrade: websocket\r\ncontent-length: 2\r\n", false),
        ("GET", "1.1", "connection: upgrade\r\nupgrade: websocket\r\ntransfer-encoding: chunked\r\n", false),
    ];
    for (method, version, headers, wanted) in asking {
        let mut client = TcpStream::connect(gate.address).await.unwrap();
        let body = if headers.contains("chunked") { "2\r\n{}\r\n0\r\n\r\n" } else { "{}" };
        let body = if headers.contains("content-length") || headers.contains("chunked") { body } else { "" };
        let head = format!("{method} {SOCKET} HTTP/{version}\r\nhost: a\r\n{headers}\r\n{body}");
        client.write_all(head.as_bytes()).await.unwrap();
        let mut service = bare.accept().await;
        let head = read_head(&mut service).await;
        assert_eq!(head.contains("\r\nupgrade: websocket\r\n"), wanted, "{method} {version} {headers:?}: {head}");
        service.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.unwrap();
        let answer = read_head(&mut client).await;
        assert!(answer.contains(" 400 Bad Request\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn an_open_tunnel_has_no_time_limit_and_holds_no_place_of_a_request() {
    let mut helpdesk = Helpdesk::start().await;
    let echo_service = Echo::start().await;
    let settings = [("GATEWAY__MAX_IN_FLIGHT", "1"), ("GATEWAY__UPSTREAM_TIMEOUT_MS", "200")];
    let gate = Gate::with(&[(HELPDESK, &helpdesk.url), ("loan-support", &echo_service.url)], &settings).await;
    let (mut first, mut service) = pair(&gate, &mut helpdesk).await;
    let _second = pair(&gate, &mut helpdesk).await;
    assert_eq!(send(gate.request(Method::GET, "/support/tickets")).await.status, 200);
    let patience = std::time::Duration::from_millis(500);
    assert!(timeout(patience, first.next()).await.is_err(), "silence is no reason to end");
    service.send(Message::text("good morning")).await.unwrap();
    assert_eq!(hear(&mut first).await, Message::text("good morning"));
}
