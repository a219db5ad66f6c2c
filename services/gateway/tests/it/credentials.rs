//! Bad tokens end at the gateway; whatever else a caller may be, the service judges.

use reqwest::Method;

use crate::gate::{Gate, send};
use crate::upstream::{Echo, seen};
use crate::{LINES, essence, words};

/// The lines that take tokens at the gateway.
fn checked() -> impl Iterator<Item = (&'static str, &'static str)> {
    LINES
        .into_iter()
        .filter(|(path, service)| !["mobility-support", "mas-gateway"].contains(service) && *path != "/console")
}

#[tokio::test]
async fn a_bad_token_is_401_in_the_words_of_the_line_and_never_arrives() {
    for (path, service) in checked() {
        let echo = Echo::start().await;
        let gate = Gate::to(&[(service, &echo.url)]).await;
        for bad in ["Bearer a.b.c", "Bearer", "Bearer ", "Basic dTpw", "", "Token x", "Bearer a b"] {
            let answer = send(gate.request(Method::GET, path).header("authorization", bad)).await;
            assert_eq!((answer.status, answer.header("www-authenticate").as_str()), (401, "Bearer"), "{path}: {bad:?}");
            assert_eq!(essence(service, &answer.body), words(service, 401), "{path}");
        }
        assert_eq!(echo.calls(), 0, "{path}");
    }
}

#[tokio::test]
async fn two_authorization_headers_are_401_even_if_both_are_good() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    let token = gate.token("user_1");
    let request = gate.request(Method::GET, "/support/tickets").bearer_auth(&token).bearer_auth(&token);
    assert_eq!((send(request).await.status, echo.calls()), (401, 0));
}

#[tokio::test]
async fn a_good_token_passes_unchanged() {
    for (path, service) in checked() {
        let echo = Echo::start().await;
        let gate = Gate::to(&[(service, &echo.url)]).await;
        let token = gate.token("user_1");
        let answer = send(gate.request(Method::GET, path).header("authorization", format!("bearer {token}"))).await;
        assert_eq!(seen(&answer.body, "authorization"), [format!("bearer {token}")], "{path}");
    }
}

#[tokio::test]
async fn without_a_token_the_service_decides() {
    for (path, service) in LINES {
        let echo = Echo::start().await;
        let gate = Gate::to(&[(service, &echo.url)]).await;
        assert_eq!(gate.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn lines_with_their_own_credentials_get_them_unseen() {
    for path in ["/tomp/v2/collections", "/api/v1/customers/resume", "/console/tickets"] {
        let echo = Echo::start().await;
        let services = ["mobility-support", "mas-gateway", "desk"].map(|service| (service, echo.url.as_str()));
        let gate = Gate::to(&services).await;
        let answer = send(gate.request(Method::GET, path).header("authorization", "Basic dTpw")).await;
        assert_eq!(seen(&answer.body, "authorization"), ["Basic dTpw"], "{path}");
    }
}

#[tokio::test]
async fn the_methods_of_a_path_need_no_token() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("loan-support", &echo.url)]).await;
    let request = gate.request(Method::OPTIONS, "/support/tickets").header("authorization", "Bearer bad");
    assert_eq!(send(request).await.status, 200);
}

#[tokio::test]
async fn helpdesk_takes_the_token_as_a_cookie_and_the_header_counts_more() {
    let echo = Echo::start().await;
    let gate = Gate::to(&[("helpdesk-conversation", &echo.url), ("loan-support", &echo.url)]).await;
    let good = format!("a=b; sesid={}; c=d", gate.token("user_1"));
    let get = |path: &str, cookie: &str| gate.request(Method::GET, path).header("cookie", cookie);
    let path = "/api/v1/support/tickets";
    assert_eq!(seen(&send(get(path, &good)).await.body, "cookie"), [good.as_str()]);
    assert_eq!(send(get(path, "sesid=a.b.c")).await.status, 401);
    assert_eq!(send(get(path, "sesid=")).await.status, 401);
    assert_eq!(send(get(path, "session=a.b.c")).await.status, 200);
    assert_eq!(send(get(path, &good).header("authorization", "Bearer bad")).await.status, 401);
    let header = get(path, "sesid=a.b.c").bearer_auth(gate.token("user_1"));
    assert_eq!(send(header).await.status, 200);
    // The cookie is no credential elsewhere.
    assert_eq!(send(get("/support/tickets", "sesid=a.b.c")).await.status, 200);
}
