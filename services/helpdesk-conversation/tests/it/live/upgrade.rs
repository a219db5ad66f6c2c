//! The upgrade, and whatever keeps a caller out before it (contract, sections 2, 5 and 7).

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use domain::{Line, Role};
use reqwest::Method;
use serde_json::json;
use testkit::TestApp;

use super::Stage;
use super::client::Client;

const EVENTS: &str = "/api/v1/events";

#[tokio::test]
async fn a_request_that_is_no_upgrade_gets_400_and_only_after_the_token() {
    let stage = Stage::start().await;
    for path in [stage.socket_path(), EVENTS.to_owned(), "/api/v1/conversations/999/socket".to_owned()] {
        let answer = stage.app.get(&path, &stage.customer).await;
        assert_eq!((answer.status, &answer.body["error"]), (400, &json!("websocket:upgrade:required")), "{path}");
        let nobody = stage.app.send(stage.app.request(Method::GET, &path)).await;
        assert_eq!((nobody.status, &nobody.body["error"]), (401, &json!("user:session:required")), "{path}");
        let other = stage.app.get(&path, &stage.app.tokens.for_lines("a", Role::Agent, &[Line::Loan])).await;
        assert_eq!((other.status, &other.body["error"]), (403, &json!("user:insufficient-permissions")), "{path}");
    }
}

#[tokio::test]
async fn upgrades_are_refused_as_plain_http() {
    let stage = Stage::start().await;
    let (url, bearer) = (&stage.app.url, format!("Bearer {}", stage.customer));
    let agent = format!("Bearer {}", stage.agent);
    let status = async |path: &str, headers: &[(&'static str, &str)]| Client::try_open(url, path, headers).await.err();
    assert_eq!(status(&stage.socket_path(), &[]).await, Some(401));
    assert_eq!(status(EVENTS, &[("authorization", "Bearer no")]).await, Some(401));
    for id in ["999", "0", "abc", "99999999999", "-1", "+1"] {
        let path = format!("/api/v1/conversations/{id}/socket");
        assert_eq!(status(&path, &[("authorization", &bearer)]).await, Some(404), "{id}");
    }
    assert_eq!(status(&stage.socket_path(), &[("authorization", &agent)]).await, Some(404), "join first");
    stage.join().await;
    assert_eq!(status(&stage.socket_path(), &[("authorization", &agent)]).await, None);
    assert_eq!(stage.app.post(&stage.socket_path(), &stage.customer, json!({})).await.status, 405);
}

#[tokio::test]
async fn a_cookie_is_enough_unless_another_origin_uses_it() {
    let stage = Stage::start().await;
    let (url, cookie) = (&stage.app.url, format!("a=b; sesid={}", stage.customer));
    for path in [stage.socket_path(), EVENTS.to_owned()] {
        let with =
            async |origin: &str| Client::try_open(url, &path, &[("cookie", &cookie), ("origin", origin)]).await.err();
        assert_eq!(Client::try_open(url, &path, &[("cookie", &cookie)]).await.err(), None);
        assert_eq!(with(url).await, None);
        assert_eq!(with("http://evil.example").await, Some(403));
        assert_eq!(with("null").await, Some(403));
        let bearer = format!("Bearer {}", stage.customer);
        let header = [("authorization", bearer.as_str()), ("origin", "http://evil.example")];
        assert_eq!(Client::try_open(url, &path, &header).await.err(), None, "a header no page can set by itself");
    }
}

#[tokio::test]
async fn subprotocols_may_be_offered_and_none_is_selected() {
    let stage = Stage::start().await;
    let bearer = format!("Bearer {}", stage.customer);
    let headers = [("authorization", bearer.as_str()), ("sec-websocket-protocol", "chat, superchat")];
    // The library insists on a selection; whoever looks at the answer sees that there is none.
    let request = stage.app.request(Method::GET, &stage.socket_path());
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let request = request
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 101);
    assert_eq!(answer.headers().get("sec-websocket-protocol"), None);
    assert_eq!(answer.headers()["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_example_works_byte_for_byte() {
    let stage = Stage::start().await;
    let address = stage.app.url.trim_start_matches("http://").to_owned();
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        stage.socket_path(),
        stage.customer
    );
    let talk = move || {
        let mut socket = TcpStream::connect(address).unwrap();
        socket.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\x82\x08\x00\x80\x00\x80\x00\x00\x00\x00") {
            let mut byte = [0];
            socket.read_exact(&mut byte).unwrap();
            answer.push(byte[0]);
        }
        answer
    };
    let answer = tokio::task::spawn_blocking(talk).await.unwrap();
    let head_bytes = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8_lossy(&answer[..head_bytes]).to_lowercase();
    assert!(head.starts_with("http/1.1 101 switching protocols\r\n"), "{head}");
    assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"), "{head}");
    assert_eq!(answer.len() - head_bytes, 10, "one frame and nothing else");
}

#[tokio::test]
async fn a_user_s_sockets_are_limited_before_the_upgrade_until_one_is_closed() {
    let builder = TestApp::builder().setting("CROSSDESK__HELPDESK__LIVE__MAX_SOCKETS_PER_USER", "4");
    let stage = Stage::with(builder).await;
    stage.join().await;
    let bearer = format!("Bearer {}", stage.customer);
    let mut open = Vec::new();
    for place in 0..4 {
        open.push(if place % 2 == 0 {
            stage.connect(&stage.customer).await
        } else {
            stage.events(&stage.customer).await
        });
    }
    for path in [stage.socket_path(), EVENTS.to_owned()] {
        let request = stage.app.request(Method::GET, &path).bearer_auth(&stage.customer);
        let request = request
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        let answer = stage.app.send(request).await;
        assert_eq!((answer.status, &answer.body["error"]), (429, &json!("request:rate-limited")), "{path}");
        assert_eq!(answer.header("retry-after"), "10");
    }
    drop(stage.connect(&stage.agent).await);
    open.pop();
    testkit::eventually("there is room again", async || {
        Client::try_open(&stage.app.url, EVENTS, &[("authorization", &bearer)]).await.ok()
    })
    .await;
}
