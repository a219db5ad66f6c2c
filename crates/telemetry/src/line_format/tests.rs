//! What a line of the log must and must not have.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tracing_subscriber::fmt::format::JsonFields;

use super::*;
use crate::{TraceContext, in_trace};

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn json_of(log: impl FnOnce()) -> Value {
    let sink = Sink::default();
    let writer = sink.clone();
    let subscriber = tracing_subscriber::fmt()
        .fmt_fields(JsonFields::new())
        .event_format(JsonLines)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, log);
    let text = sink.text();
    assert!(text.ends_with('\n') && text.matches('\n').count() == 1, "{text}");
    let mut line: Value = serde_json::from_str(&text).unwrap();
    let timestamp = line.as_object_mut().unwrap().remove("timestamp").unwrap();
    assert!(timestamp.as_str().unwrap().ends_with('Z'));
    line
}

fn text_of(log: impl FnOnce()) -> String {
    let sink = Sink::default();
    let writer = sink.clone();
    let subscriber =
        tracing_subscriber::fmt().with_ansi(false).event_format(TextLines).with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, log);
    sink.text().split_once(' ').unwrap().1.to_owned()
}

fn traced(context: TraceContext, log: impl FnOnce()) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(in_trace(context, async { log() }));
}

#[test]
fn a_json_line_has_flat_fields_of_their_own_types() {
    let line = json_of(|| {
        let id = "ticket_1";
        tracing::warn!(ticket.id = %id, count = 3, ratio = 0.5, late = true, "Two\n\"lines\"");
    });
    let expected = json!({"level": "WARN", "target": module_path!(), "message": "Two\n\"lines\"", "ticket.id": "ticket_1",
        "count": 3, "ratio": 0.5, "late": true});
    assert_eq!(line, expected);
}

#[test]
fn a_json_line_tells_the_trace_it_was_written_in() {
    let context = TraceContext::start();
    let line = json_of(|| traced(context, || tracing::info!("in")));
    assert_eq!(line["trace_id"], context.trace_id().to_string());
    assert_eq!(json_of(|| tracing::info!("out")).get("trace_id"), None);
}

#[test]
fn a_field_can_not_pose_as_a_member_of_the_line() {
    let line = json_of(|| tracing::info!(level = "low", trace_id = 7, "x"));
    assert_eq!((&line["level"], &line["field.level"]), (&json!("INFO"), &json!("low")));
    assert_eq!((line.get("trace_id"), &line["field.trace_id"]), (None, &json!(7)));
}

#[test]
fn an_error_is_written_with_its_causes() {
    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] io::Error);
    let error = Outer(io::Error::other("inner"));
    let line = json_of(|| tracing::error!(error = &error as &(dyn Error + 'static), "failed"));
    assert_eq!(line["error"], "outer: inner");
}

#[test]
fn a_json_line_names_its_spans_from_the_outermost() {
    let line = json_of(|| {
        let _outer = tracing::info_span!("request", id = 1).entered();
        let _inner = tracing::info_span!("query").entered();
        tracing::info!("x");
    });
    assert_eq!(line["spans"], json!([{"name": "request", "fields": {"id": 1}}, {"name": "query"}]));
}

#[test]
fn a_text_line_reads_from_left_to_right() {
    let context = TraceContext::start();
    let text = text_of(|| {
        let _span = tracing::info_span!("request", id = 1).entered();
        traced(context, || tracing::info!(target: "loan", count = 3, "Moved"));
    });
    assert_eq!(text, format!(" INFO loan: Moved count=3 request{{id=1}} trace_id={}\n", context.trace_id()));
}
