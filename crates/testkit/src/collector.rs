//! An OpenTelemetry collector in the test's process. It outlives each test, because a process exports to one place; so it
//! has a thread of its own and no runtime.

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

static SPANS: Mutex<Vec<Span>> = Mutex::new(Vec::new());
static BODIES: Mutex<Vec<String>> = Mutex::new(Vec::new());
static HANGS: AtomicBool = AtomicBool::new(false);
static URL: OnceLock<String> = OnceLock::new();

/// A span as it came.
#[derive(Debug, Clone)]
pub struct Span {
    /// `service.name` of its resource.
    pub service: String,
    /// Trace id, in hex.
    pub trace: String,
    /// Span id, in hex.
    pub id: String,
    /// The id of the span that caused it.
    pub parent: Option<String>,
    /// What it is called.
    pub name: String,
    /// OTLP's number of its kind.
    pub kind: u64,
    /// Its attributes; numbers as text.
    pub attributes: HashMap<String, String>,
    /// Whether its status is an error.
    pub failed: bool,
    /// How long it took.
    pub took: Duration,
}

/// Its address; starts it at the first call.
#[must_use]
pub fn url() -> String {
    let start = || {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        thread::spawn(move || {
            for stream in listener.incoming() {
                thread::spawn(move || while take(stream.as_ref().expect("a connection")).is_some() {});
            }
        });
        url
    };
    URL.get_or_init(start).clone()
}

/// From now on it reads and does not answer, or works again.
pub fn hang(hangs: bool) {
    HANGS.store(hangs, Ordering::Release);
}

/// What has come so far of one trace.
#[must_use]
pub fn spans_of(trace: &str) -> Vec<Span> {
    let spans = SPANS.lock().unwrap_or_else(PoisonError::into_inner);
    spans.iter().filter(|span| span.trace == trace).cloned().collect()
}

/// What has come so far of all traces.
#[must_use]
pub fn spans() -> Vec<Span> {
    SPANS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Every request so far, as it came: whatever a span can carry is in here.
#[must_use]
pub fn bodies() -> Vec<String> {
    BODIES.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn take(mut stream: &TcpStream) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).expect("a request as OTLP has it").to_lowercase();
    assert!(head.starts_with("post /v1/traces ") && head.contains("content-type: application/json\r\n"), "{head}");
    let length = head
        .split("content-length: ")
        .nth(1)
        .expect("a request as OTLP has it")
        .lines()
        .next()
        .expect("a request as OTLP has it")
        .parse()
        .expect("a request as OTLP has it");
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    if HANGS.load(Ordering::Acquire) {
        // Until the exporter gives up and closes.
        let _ = stream.read(&mut [0]);
        return None;
    }
    let body = String::from_utf8(body).expect("text");
    BODIES.lock().unwrap_or_else(PoisonError::into_inner).push(body.clone());
    let body: Value = serde_json::from_str(&body).expect("JSON");
    SPANS.lock().unwrap_or_else(PoisonError::into_inner).extend(read(&body));
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}").ok()
}

fn read(body: &Value) -> Vec<Span> {
    let mut found = Vec::new();
    for resource in body["resourceSpans"].as_array().expect("a request as OTLP has it") {
        let service = attributes(&resource["resource"])["service.name"].clone();
        for span in resource["scopeSpans"][0]["spans"].as_array().expect("a request as OTLP has it") {
            let text = |name: &str| span[name].as_str().expect("a request as OTLP has it").to_owned();
            let nanos = |name: &str| text(name).parse::<u64>().expect("a request as OTLP has it");
            found.push(Span {
                service: service.clone(),
                trace: text("traceId"),
                id: text("spanId"),
                parent: span["parentSpanId"].as_str().map(str::to_owned),
                name: text("name"),
                kind: span["kind"].as_u64().expect("a request as OTLP has it"),
                attributes: attributes(span),
                failed: span["status"]["code"] == 2,
                took: Duration::from_nanos(nanos("endTimeUnixNano") - nanos("startTimeUnixNano")),
            });
        }
    }
    found
}

fn attributes(of: &Value) -> HashMap<String, String> {
    let pair = |attribute: &Value| {
        let value = &attribute["value"];
        let value = value["stringValue"].as_str().or(value["intValue"].as_str()).expect("a request as OTLP has it");
        (attribute["key"].as_str().expect("a request as OTLP has it").to_owned(), value.to_owned())
    };
    of["attributes"].as_array().expect("a request as OTLP has it").iter().map(pair).collect()
}
