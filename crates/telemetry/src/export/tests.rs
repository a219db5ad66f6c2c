use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};

use serde_json::{Value as Json, json};

use super::*;
use crate::init_metrics;
use crate::span::{Kind, Value};
use crate::trace::TraceContext;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().build().unwrap()
}

/// A collector that answers each request with `status` and hands on its body.
fn collector(status: &'static str) -> (Url, Receiver<(String, Json)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = address(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let (bodies, received) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let bodies = bodies.clone();
            thread::spawn(move || while answer(&mut stream.as_ref().unwrap(), status, &bodies).is_some() {});
        }
    });
    (url, received)
}

fn answer(stream: &mut &TcpStream, status: &str, bodies: &Sender<(String, Json)>) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    let _ = bodies.send((head, serde_json::from_slice(&body).unwrap()));
    write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\n{{}}").ok()
}

fn recording(service: &'static str, name: &'static str) -> Box<Recording> {
    let parent = TraceContext::parse(PARENT).unwrap();
    Box::new(Recording::sample(service, name, parent))
}

fn rendered(line: &str) -> bool {
    init_metrics().render().lines().any(|found| found == line)
}

async fn next(received: Receiver<(String, Json)>) -> ((String, Json), Receiver<(String, Json)>) {
    let waiting = tokio::task::spawn_blocking(move || {
        (received.recv_timeout(Duration::from_secs(10)).expect("a request"), received)
    });
    waiting.await.unwrap()
}

#[tokio::test]
async fn spans_arrive_as_otlp_json_by_service() {
    let (url, received) = collector("200 OK");
    let traces = Traces::start(url, client()).unwrap();
    traces.submit(recording("test-a", "GET /x"));
    let mut failed = recording("test-b", "commit");
    failed.failure = Some("database");
    failed.parent = None;
    failed.kind = Kind::Internal;
    traces.submit(failed);
    traces.flush(Duration::from_secs(10)).await;
    let ((head, body), _) = next(received).await;
    assert!(head.starts_with("post /v1/traces http/1.1\r\n") && head.contains("content-type: application/json\r\n"));
    let resource = |name: &str| {
        let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
        json!({"attributes": [text("service.name", name), text("service.namespace", "crossdesk"),
            text("service.version", env!("CARGO_PKG_VERSION"))]})
    };
    let first = json!({"traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": "00f067aa0ba902b7",
        "parentSpanId": "00f067aa0ba902b7", "name": "GET /x", "kind": 2,
        "startTimeUnixNano": "1700000000000000001", "endTimeUnixNano": "1700000000000002001",
        "attributes": [{"key": "http.route", "value": {"stringValue": "/x"}},
            {"key": "http.response.status_code", "value": {"intValue": "200"}}]});
    let mut second = first.clone();
    second["name"] = json!("commit");
    second["kind"] = json!(1);
    second["status"] = json!({"code": 2, "message": "database"});
    second.as_object_mut().unwrap().remove("parentSpanId");
    let spans = |span: Json| json!([{"scope": {"name": "crossdesk"}, "spans": [span]}]);
    let wanted = json!({"resourceSpans": [
        {"resource": resource("test-a"), "scopeSpans": spans(first)},
        {"resource": resource("test-b"), "scopeSpans": spans(second)},
    ]});
    assert_eq!(body, wanted);
    assert!(rendered("crossdesk_trace_spans_exported_total{service=\"test-a\"} 1"));
}

#[tokio::test]
async fn what_a_collector_refuses_is_dropped_and_counted() {
    let _metrics = init_metrics();
    let (url, received) = collector("503 Service Unavailable");
    let traces = Traces::start(url, client()).unwrap();
    traces.submit(recording("test-refused", "x"));
    traces.flush(Duration::from_secs(10)).await;
    let _ = next(received).await;
    assert!(rendered("crossdesk_trace_spans_dropped_total{service=\"test-refused\",reason=\"not_taken\"} 1"));
}

#[tokio::test]
async fn a_collector_that_hangs_costs_a_bounded_queue_and_no_time() {
    let _metrics = init_metrics();
    // It accepts, in the system's backlog, and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = address(&format!("http://{}", silent.local_addr().unwrap())).unwrap();
    let traces = Traces::start(url, client()).unwrap();
    let began = std::time::Instant::now();
    for _ in 0..3 * QUEUE {
        traces.submit(recording("test-full", "x"));
    }
    // Ten times what it takes on a busy machine; had one of them waited for the collector, it would be seconds.
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    let text = init_metrics().render();
    let count = text.lines().find_map(|line| {
        line.strip_prefix("crossdesk_trace_spans_dropped_total{service=\"test-full\",reason=\"queue_full\"} ")
    });
    let dropped: usize = count.unwrap().parse().unwrap();
    // The queue's, and one batch that is on its way.
    assert!((2 * QUEUE - 2 * BATCH..3 * QUEUE).contains(&dropped), "{dropped}");
    let asked = std::time::Instant::now();
    traces.flush(Duration::from_millis(50)).await;
    assert!(asked.elapsed() < Duration::from_secs(2), "a flush gives up");
}

#[test]
fn settings_are_read_strictly() {
    assert_eq!(serde_json::from_str::<TraceConfig>("{}").unwrap(), TraceConfig::default());
    assert!(serde_json::from_str::<TraceConfig>(r#"{"endpoint":"x"}"#).is_err());
    for (given, wanted) in [
        ("http://c:4318", "http://c:4318/v1/traces"),
        ("http://c:4318/", "http://c:4318/v1/traces"),
        ("https://c/otlp/", "https://c/otlp/v1/traces"),
        ("http://c:4318/v1/traces", "http://c:4318/v1/traces"),
    ] {
        assert_eq!(address(given).unwrap().as_str(), wanted);
    }
    for bad in ["collector:4318", "grpc://collector:4317", ""] {
        assert!(address(bad).unwrap_err().to_string().starts_with("telemetry.otlp_endpoint: "), "{bad}");
    }
    let too_much = TraceConfig { sample_ratio: 1.5, ..TraceConfig::default() };
    assert_eq!(
        init_traces(&too_much, client()).unwrap_err().to_string(),
        "telemetry.sample_ratio: 1.5 is not from 0 to 1"
    );
    assert!(init_traces(&TraceConfig::default(), client()).unwrap().is_none(), "off unless configured");
}

impl Recording {
    fn sample(service: &'static str, name: &'static str, parent: TraceContext) -> Self {
        let attributes = vec![("http.route", Value::from("/x")), ("http.response.status_code", Value::from(200))];
        let began = std::time::SystemTime::UNIX_EPOCH + Duration::from_nanos(1_700_000_000_000_000_001);
        Self {
            attributes,
            began,
            took: Duration::from_micros(2),
            ..Self::new((parent, Some(parent)), service, Kind::Server, name.into())
        }
    }
}
