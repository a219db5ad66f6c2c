//! Spans as OTLP writes them, in its JSON form (<https://opentelemetry.io/docs/specs/otlp/>): ids in hex, 64-bit numbers
//! as text, enumerations as numbers. Every collector takes it beside the binary form, and it needs no code generator.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::span::{Recording, Value};

/// OTLP's status of a span that failed; one that did not has none.
const STATUS_ERROR: u8 = 2;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    resource_spans: Vec<ResourceSpans<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResourceSpans<'a> {
    resource: Resource<'a>,
    scope_spans: [ScopeSpans<'a>; 1],
}

#[derive(Serialize)]
struct Resource<'a> {
    attributes: [Attribute<'a>; 3],
}

#[derive(Serialize)]
struct ScopeSpans<'a> {
    scope: Scope,
    spans: Vec<SpanView<'a>>,
}

#[derive(Serialize)]
struct Scope {
    name: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SpanView<'a> {
    trace_id: String,
    span_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_span_id: Option<String>,
    name: &'a str,
    kind: u8,
    start_time_unix_nano: String,
    end_time_unix_nano: String,
    attributes: Vec<Attribute<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

#[derive(Serialize)]
struct Attribute<'a> {
    key: &'a str,
    value: Any<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Any<'a> {
    StringValue(&'a str),
    IntValue(String),
}

#[derive(Serialize)]
struct Status {
    code: u8,
    message: &'static str,
}

/// The body of a request to `/v1/traces`. One process may host several services: each is a resource of its own.
pub(crate) fn body(spans: &[Box<Recording>]) -> Result<Vec<u8>, serde_json::Error> {
    let mut by_service: BTreeMap<&str, Vec<SpanView<'_>>> = BTreeMap::new();
    for span in spans {
        by_service.entry(span.service).or_default().push(view(span));
    }
    let resource_spans = by_service.into_iter().map(|(service, spans)| ResourceSpans {
        resource: Resource {
            attributes: [
                text("service.name", service),
                text("service.namespace", "crossdesk"),
                text("service.version", env!("CARGO_PKG_VERSION")),
            ],
        },
        scope_spans: [ScopeSpans { scope: Scope { name: "crossdesk" }, spans }],
    });
    serde_json::to_vec(&Request { resource_spans: resource_spans.collect() })
}

fn view(span: &Recording) -> SpanView<'_> {
    let began = span.began.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    SpanView {
        trace_id: span.context.trace_id().to_string(),
        span_id: format!("{:016x}", span.context.span()),
        parent_span_id: span.parent.map(|parent| format!("{:016x}", parent.span())),
        name: &span.name,
        kind: span.kind as u8,
        start_time_unix_nano: began.as_nanos().to_string(),
        end_time_unix_nano: (began + span.took).as_nanos().to_string(),
        attributes: span.attributes.iter().map(|(key, value)| attribute(key, value)).collect(),
        status: span.failure.map(|message| Status { code: STATUS_ERROR, message }),
    }
}

fn attribute<'a>(key: &'a str, value: &'a Value) -> Attribute<'a> {
    match value {
        Value::Text(value) => text(key, value),
        Value::Number(number) => Attribute { key, value: Any::IntValue(number.to_string()) },
    }
}

fn text<'a>(key: &'a str, value: &'a str) -> Attribute<'a> {
    Attribute { key, value: Any::StringValue(value) }
}
