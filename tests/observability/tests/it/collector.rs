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
static HANGS: AtomicBool = AtomicBool::new(false);
static URL: OnceLock<String> = OnceLock::new();

#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) service: String,
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: Option<String>,
    pub(crate) name: String,
    pub(crate) kind: u64,
    pub(crate) attributes: HashMap<String, String>,
    pub(crate) failed: bool,
    pub(crate) took: Duration,
}

/// Its address; starts it at the first call.
pub(crate) fn url() -> String {
    let start = || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for stream in listener.incoming() {
                thread::spawn(move || while take(stream.as_ref().unwrap()).is_some() {});
            }
        });
        url
    };
    URL.get_or_init(start).clone()
}

/// From now on it reads and does not answer, or works again.
pub(crate) fn hang(hangs: bool) {
    HANGS.store(hangs, Ordering::Release);
}

/// What has come so far of one trace.
pub(crate) fn spans_of(trace: &str) -> Vec<Span> {
    let spans = SPANS.lock().unwrap_or_else(PoisonError::into_inner);
    spans.iter().filter(|span| span.trace == trace).cloned().collect()
}

fn take(mut stream: &TcpStream) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    assert!(head.starts_with("post /v1/traces ") && head.contains("content-type: application/json\r\n"), "{head}");
    let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    if HANGS.load(Ordering::Acquire) {
        // Until the exporter gives up and closes.
        let _ = stream.read(&mut [0]);
        return None;
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    SPANS.lock().unwrap_or_else(PoisonError::into_inner).extend(read(&body));
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}").ok()
}

fn read(body: &Value) -> Vec<Span> {
    let mut found = Vec::new();
    for resource in body["resourceSpans"].as_array().unwrap() {
        let service = attributes(&resource["resource"])["service.name"].clone();
        for span in resource["scopeSpans"][0]["spans"].as_array().unwrap() {
            let text = |name: &str| span[name].as_str().unwrap().to_owned();
            let nanos = |name: &str| text(name).parse::<u64>().unwrap();
            found.push(Span {
                service: service.clone(),
                trace: text("traceId"),
                id: text("spanId"),
                parent: span["parentSpanId"].as_str().map(str::to_owned),
                name: text("name"),
                kind: span["kind"].as_u64().unwrap(),
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
        let value = value["stringValue"].as_str().or(value["intValue"].as_str()).unwrap();
        (attribute["key"].as_str().unwrap().to_owned(), value.to_owned())
    };
    of["attributes"].as_array().unwrap().iter().map(pair).collect()
}
