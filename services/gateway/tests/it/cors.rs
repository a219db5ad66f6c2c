//! Browser applications of other origins (tours.md 5).

use reqwest::{Method, RequestBuilder};

use crate::gate::{Answer, Gate, send};
use crate::upstream::{Bare, Echo, read_head};

const ORIGIN: &str = "http://localhost:3000";
const PATHS: [&str; 4] = ["/api/support_tickets/7", "/api/support_ticket_attachments", "/files", "/files/x"];
const EXPOSED: &str = "Location, X-Request-Id, Idempotency-Replayed";

fn preflight(gate: &Gate, path: &str) -> RequestBuilder {
    preflight_of(gate, path, ORIGIN)
}

fn preflight_of(gate: &Gate, path: &str, origin: &str) -> RequestBuilder {
    let request = gate.request(Method::OPTIONS, path).header("origin", origin);
    request.header("access-control-request-method", "POST").header("access-control-request-headers", "content-type")
}

fn has_no_cors(answer: &Answer) -> bool {
    answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-"))
}

#[tokio::test]
async fn a_preflight_is_answered_here_without_a_service_or_a_token() {
    let gate = Gate::to(&[]).await;
    for path in PATHS {
        let answer = send(preflight(&gate, path).header("authorization", "Bearer bad")).await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("access-control-allow-methods"), "GET, POST, PUT, PATCH, DELETE, OPTIONS");
        assert_eq!(
            answer.header("access-control-allow-headers"),
            "Authorization, Content-Type, Accept, Origin, X-Requested-With, Idempotency-Key, X-Request-Id"
        );
        assert_eq!(answer.header("access-control-max-age"), "3600");
        assert_eq!(answer.header("access-control-allow-credentials"), "");
        assert_eq!(answer.header("vary"), "");
    }
}

#[tokio::test]
async fn other_answers_may_be_read_errors_included() {
    let echo = Echo::start().await;
    let services = ["tour-tickets", "attachments"].map(|service| (service, echo.url.as_str()));
    let (up, down) = (Gate::to(&services).await, Gate::to(&[]).await);
    for path in PATHS {
        let get = |gate: &Gate| gate.request(Method::GET, path).header("origin", ORIGIN);
        let bad_token = get(&up).header("authorization", "Bearer bad");
        for (status, request) in [(200, get(&up)), (503, get(&down)), (401, bad_token)] {
            let answer = send(request).await;
            assert_eq!(answer.status, status);
            assert_eq!(answer.header("access-control-allow-origin"), "*");
            assert_eq!(answer.header("access-control-expose-headers"), EXPOSED);
        }
        assert!(has_no_cors(&up.get(path).await), "a request without Origin gets nothing");
    }
    let options = send(up.request(Method::OPTIONS, PATHS[0]).header("origin", ORIGIN)).await;
    assert_eq!((options.status, options.body["method"].as_str()), (200, Some("OPTIONS")));
}

#[tokio::test]
async fn other_lines_have_no_cors() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    let answer = send(preflight(&gate, "/support/tickets")).await;
    assert_eq!(answer.body["method"], "OPTIONS", "it goes to the service");
    assert!(has_no_cors(&answer));
}

#[tokio::test]
async fn with_a_list_only_those_origins_may() {
    let list = [("TOURS__CORS_ORIGINS", r#"["https://a.example","http://localhost:3000"]"#)];
    for setting in [list, [("TOURS__CORS_ORIGINS", "https://a.example, http://localhost:3000")]] {
        let echo = Echo::start().await;
        let gate = Gate::with(&[("tour-tickets", &echo.url)], &setting).await;
        let listed = send(preflight(&gate, PATHS[0])).await;
        assert_eq!(listed.header("access-control-allow-origin"), ORIGIN);
        assert_eq!(listed.header("vary"), "Origin");
        for other in ["http://localhost:3001", "https://a.example.evil", "null"] {
            let asked = send(preflight_of(&gate, PATHS[0], other)).await;
            let read = send(gate.request(Method::GET, PATHS[0]).header("origin", other)).await;
            assert_eq!((asked.status, has_no_cors(&asked)), (204, true), "{other}");
            assert_eq!((read.status, has_no_cors(&read)), (200, true), "{other}");
        }
    }
}

#[tokio::test]
async fn elsewhere_than_locally_nobody_may_unless_configured() {
    let echo = Echo::start().await;
    let gate = Gate::with(&[("tour-tickets", &echo.url)], &[("TOURS__CORS_ORIGINS", "[]")]).await;
    let answer = send(preflight(&gate, PATHS[0])).await;
    assert_eq!((answer.status, has_no_cors(&answer)), (204, true));
    // The other keys of that section are the service's.
    let both = [("TOURS__CORS_ORIGINS", "*"), ("TOURS__ANONYMOUS_ACCESS", "full")];
    let gate = Gate::with(&[("tour-tickets", &echo.url)], &both).await;
    assert_eq!(send(preflight(&gate, PATHS[0])).await.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn the_service_has_no_say_in_it() {
    let bare = Bare::start().await;
    let gate = Gate::to(&[("tour-tickets", &bare.url)]).await;
    let call = tokio::spawn(send(gate.request(Method::GET, PATHS[0]).header("origin", ORIGIN)));
    let mut service = bare.accept().await;
    read_head(&mut service).await;
    let head = "HTTP/1.1 200 OK\r\naccess-control-allow-origin: http://evil\r\naccess-control-allow-credentials: true\r\n\
                content-length: 0\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut service, head.as_bytes()).await.unwrap();
    let answer = call.await.unwrap();
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
}
