//! Requests that two readers might read differently, sent byte by byte to the gateway. Behind it a recorder keeps what
//! arrives: at most the one legitimate request, and never an internal route.

mod chunks;
mod framing;
mod heads;
mod hosts;
mod targets;

use std::collections::BTreeMap;

use futures_util::future::join_all;
use security::forge;
use security::house::{LoanHouse, authority, gateway_to};
use security::raw::{Heard, PATIENCE, talk};
use security::recorder::{Arrived, Recorder};

/// A request to a route between services, hidden where a body should be.
pub(crate) const HIDDEN: &str =
    "GET /internal/v1/events?case=hidden HTTP/1.1\r\nHost: desk.test\r\nConnection: close\r\n\r\n";

/// What must happen.
pub(crate) enum Wanted {
    /// Refused with 4xx, or a closed connection; nothing arrives.
    Refused,
    /// The one request arrives, once, and passes this check.
    Alone(fn(&Arrived) -> bool),
    /// Either of both.
    Harmless,
}

/// Bytes with a name. `{case}` in them becomes the case's number, by which what arrives is known again.
pub(crate) struct Case {
    name: String,
    bytes: Vec<u8>,
    wanted: Wanted,
}

/// A case of text.
pub(crate) fn case(name: impl Into<String>, text: impl AsRef<[u8]>, wanted: Wanted) -> Case {
    Case { name: name.into(), bytes: text.as_ref().to_vec(), wanted }
}

/// A POST with these header lines (each ended) and this body.
pub(crate) fn post(lines: &str, body: &str) -> String {
    format!("POST /support/tickets?case={{case}} HTTP/1.1\r\nHost: desk.test\r\nConnection: close\r\n{lines}\r\n{body}")
}

/// A GET with these header lines (each ended).
pub(crate) fn get(lines: &str) -> String {
    format!("GET /support/tickets?case={{case}} HTTP/1.1\r\nHost: desk.test\r\nConnection: close\r\n{lines}\r\n")
}

/// No check.
pub(crate) const ANYHOW: Wanted = Wanted::Alone(|_| true);

fn cases() -> Vec<Case> {
    let mut all = framing::cases();
    all.extend(chunks::cases());
    all.extend(heads::cases());
    all.extend(hosts::cases());
    all.extend(targets::cases());
    all
}

fn numbered(bytes: &[u8], number: usize) -> Vec<u8> {
    let mark = b"{case}";
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(mark.len()).position(|window| window == mark) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(number.to_string().as_bytes());
        rest = &rest[at + mark.len()..];
    }
    out.extend_from_slice(rest);
    out
}

fn number_of(arrived: &Arrived) -> Option<usize> {
    arrived.target().split_once("case=")?.1.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_every_ambiguous_request_at_most_the_legitimate_one_arrives_and_never_an_internal_route() {
    let recorder = Recorder::start().await;
    let services = ["loan-support", "mobility-support", "desk"].map(|service| (service, recorder.url.as_str()));
    let gate = gateway_to(&services).await;
    let cases = cases();
    let names: std::collections::BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len(), "every case has a name of its own");
    assert!(cases.len() >= 150, "{}", cases.len());

    let talks = cases.iter().enumerate().map(|(number, case)| {
        let bytes = numbered(&case.bytes, number);
        let address = authority(&gate.url).to_owned();
        async move { talk(&address, &bytes, PATIENCE).await }
    });
    let heard = join_all(talks).await;
    // The recorder still works, and so does the gateway.
    let control = talk(authority(&gate.url), get("").replace("{case}", "9999").as_bytes(), PATIENCE).await;
    assert_eq!(control.status(), 200, "{}", control.text());

    let mut arrived: BTreeMap<usize, Vec<Arrived>> = BTreeMap::new();
    let mut failures = Vec::new();
    for request in recorder.arrived() {
        if request.target().to_ascii_lowercase().trim_start_matches('/').starts_with("internal") {
            failures.push(format!("an internal route was reached: {}", request.line));
        }
        match number_of(&request).filter(|number| *number == 9999 || *number < cases.len()) {
            Some(number) => arrived.entry(number).or_default().push(request),
            None => failures.push(format!("something arrived that nobody sent: {}", request.line)),
        }
    }
    for (number, (case, heard)) in cases.iter().zip(&heard).enumerate() {
        let of_case = arrived.remove(&number).unwrap_or_default();
        failures.extend(judge(case, heard, &of_case).map(|what| format!("{}: {what}", case.name)));
    }
    assert!(failures.is_empty(), "{} cases got through:\n{}", failures.len(), failures.join("\n"));
}

fn judge(case: &Case, heard: &Heard, arrived: &[Arrived]) -> Option<String> {
    let is_refused = arrived.is_empty() && ((400..500).contains(&heard.status()) || heard.bytes.is_empty());
    let is_alone =
        |check: fn(&Arrived) -> bool| matches!(arrived, [one] if check(one)) && heard.statuses().contains(&200);
    let is_fine = match case.wanted {
        Wanted::Refused => is_refused,
        Wanted::Alone(check) => is_alone(check),
        Wanted::Harmless => is_refused || is_alone(|_| true),
    };
    if !heard.closed {
        return Some(format!("the connection stays open: {:?}, arrived: {arrived:?}", heard.text()));
    }
    let answer: String = heard.text().chars().take(200).collect();
    (!is_fine).then(|| format!("{answer:?} arrived: {arrived:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_request_in_a_body_is_never_answered_as_one() {
    let recorder = Recorder::start().await;
    let gate = gateway_to(&[("loan-support", &recorder.url)]).await;
    let open = |lines: &str, body: &str| {
        format!("POST /support/tickets?case=1 HTTP/1.1\r\nHost: desk.test\r\n{lines}\r\n{body}")
    };
    let last = "GET /support/tickets?case=2 HTTP/1.1\r\nHost: desk.test\r\nConnection: close\r\n\r\n";
    let inside = open(&format!("Content-Length: {}\r\n", HIDDEN.len()), HIDDEN);
    let chunked = open("Transfer-Encoding: chunked\r\n", &format!("{:x}\r\n{HIDDEN}\r\n0\r\n\r\n", HIDDEN.len()));
    for first in [inside, chunked] {
        let before = recorder.arrived().len();
        let heard = talk(authority(&gate.url), format!("{first}{last}").as_bytes(), PATIENCE).await;
        assert_eq!(heard.statuses(), [200, 200], "two requests, two answers: {}", heard.text());
        let arrived = &recorder.arrived()[before..];
        let targets: Vec<&str> = arrived.iter().map(Arrived::target).collect();
        assert_eq!(targets, ["/support/tickets?case=1", "/support/tickets?case=2"]);
        assert_eq!(arrived[0].body, HIDDEN.as_bytes());
    }
    // The same bytes behind a body are a request, and the gateway answers that one itself.
    let behind = open("Content-Length: 2\r\n", &format!("{{}}{HIDDEN}"));
    let heard = talk(authority(&gate.url), behind.as_bytes(), PATIENCE).await;
    assert_eq!(heard.statuses(), [200, 404], "{}", heard.text());
    assert!(recorder.arrived().iter().all(|request| request.target().starts_with("/support/")));
}

#[tokio::test(flavor = "multi_thread")]
async fn strange_paths_and_methods_end_in_a_4xx_at_the_real_service_too() {
    let house = LoanHouse::start().await;
    let token = forge::good();
    let path = house.open(&token).await;
    let id = path.rsplit('/').next().unwrap().to_owned();
    let mut requests = Vec::new();
    for method in ["TRACE", "TRACK", "PROPFIND", "DEBUG", "get", "GETT", "CONNECT", "PURGE", "PATCH", "DELETE", "PUT"] {
        requests.push(format!("{method} {path}"));
    }
    for strange in targets::HARMLESS {
        requests.push(format!("GET {}", strange.replace("?case={case}", "")));
    }
    for strange in [
        format!("/support/tickets/{id}%20"),
        format!("/support/tickets/{}", id.to_uppercase()),
        format!("/support/tickets/{id}/"),
        format!("/support/tickets/{id};jsessionid=1"),
        format!("/support/tickets/{id}%0d%0aX-Injected:%20yes"),
        format!("/support/tickets/{}", id.replace('_', "%5f%5f")),
    ] {
        requests.push(format!("GET {strange}"));
    }
    for request in requests {
        let bytes = format!(
            "{request} HTTP/1.1\r\nHost: desk.test\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        let heard = talk(authority(&house.gate.url), bytes.as_bytes(), PATIENCE).await;
        assert!((400..500).contains(&heard.status()), "{request}: {}", heard.text());
        assert!(!heard.text().to_lowercase().contains("\r\nx-injected"), "{request}: {}", heard.text());
        assert!(!heard.text().contains(&token), "{request} shows the token: {}", heard.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_comes_too_slowly_is_given_up() {
    let recorder = Recorder::start().await;
    let gate = gateway_to(&[("loan-support", &recorder.url)]).await;
    let beginnings = ["", "G", "GET /support/tickets", "GET /support/tickets HTTP/1.1\r\nHost: desk.test\r\nX-Slow: "];
    let talks = beginnings.iter().map(|bytes| talk(authority(&gate.url), bytes.as_bytes(), PATIENCE));
    for (beginning, heard) in beginnings.iter().zip(join_all(talks).await) {
        assert!(heard.closed, "{beginning:?}: the connection stays open");
        assert!(heard.bytes.is_empty() || heard.status() == 408, "{beginning:?}: {}", heard.text());
    }
    assert!(recorder.arrived().is_empty());
}
