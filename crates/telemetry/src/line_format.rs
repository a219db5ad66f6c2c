//! How an event becomes a line. The formats of `tracing-subscriber` can't add the trace id, which lives in a task local
//! and not in a span; these can, and they keep to what our logs need.

use std::error::Error;
use std::fmt::{self, Debug, Write as _};
use std::io;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer as _};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use crate::trace::entered;

/// Members that a line has on its own account; a field of that name is written as `field.{name}`.
const RESERVED: [&str; 5] = ["timestamp", "level", "target", "trace_id", "spans"];

/// One JSON object a line: `timestamp`, `level`, `target`, `message`, the fields, `trace_id` in a trace, and `spans`
/// (outermost first) in a span.
pub(crate) struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut timestamp = String::new();
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;
        let spans: Vec<SpanView> = context.event_scope().map_or_else(Vec::new, |scope| {
            scope
                .from_root()
                .map(|span| SpanView {
                    name: span.name(),
                    fields: span.extensions().get::<FormattedFields<N>>().and_then(raw_object),
                })
                .collect()
        });
        write_json(&mut writer, event, &timestamp, &spans).map_err(|_| fmt::Error)?;
        writer.write_char('\n')
    }
}

/// A line for people: time, level, target, message, fields, spans and the trace id.
pub(crate) struct TextLines;

impl<S, N> FormatEvent<S, N> for TextLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        SystemTime.format_time(&mut writer)?;
        let (level, target) = (event.metadata().level(), event.metadata().target());
        if writer.has_ansi_escapes() {
            write!(writer, " \x1b[{}m{level:>5}\x1b[0m \x1b[2m{target}:\x1b[0m ", colour(*level))?;
        } else {
            write!(writer, " {level:>5} {target}: ")?;
        }
        context.field_format().format_fields(writer.by_ref(), event)?;
        for span in context.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            write!(writer, " {}", span.name())?;
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>()
                && !fields.is_empty()
            {
                write!(writer, "{{{fields}}}")?;
            }
        }
        if let Some(trace) = entered() {
            write!(writer, " trace_id={}", trace.trace_id())?;
        }
        writer.write_char('\n')
    }
}

/// The ANSI colour of a level: red, yellow, green, and two that stay in the background.
fn colour(level: Level) -> u8 {
    match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    }
}

#[derive(Serialize)]
struct SpanView {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Box<serde_json::value::RawValue>>,
}

/// The fields of a span, which `JsonFields` has written as an object already.
fn raw_object<N>(fields: &FormattedFields<N>) -> Option<Box<serde_json::value::RawValue>> {
    serde_json::value::RawValue::from_string(fields.fields.clone()).ok().filter(|object| object.get() != "{}")
}

fn write_json(
    writer: &mut Writer<'_>,
    event: &Event<'_>,
    timestamp: &str,
    spans: &[SpanView],
) -> serde_json::Result<()> {
    let mut serializer = serde_json::Serializer::new(Utf8(writer));
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry("timestamp", timestamp)?;
    map.serialize_entry("level", event.metadata().level().as_str())?;
    map.serialize_entry("target", event.metadata().target())?;
    let mut visitor = JsonVisitor { map, outcome: Ok(()) };
    event.record(&mut visitor);
    visitor.outcome?;
    let mut map = visitor.map;
    if let Some(trace) = entered() {
        map.serialize_entry("trace_id", &format_args!("{}", trace.trace_id()))?;
    }
    if !spans.is_empty() {
        map.serialize_entry("spans", spans)?;
    }
    map.end()
}

/// Writes the fields of an event into an object, `message` among them.
struct JsonVisitor<M: SerializeMap> {
    map: M,
    outcome: Result<(), M::Error>,
}

impl<M: SerializeMap> JsonVisitor<M> {
    fn entry(&mut self, field: &Field, value: &(impl Serialize + ?Sized)) {
        if self.outcome.is_err() {
            return;
        }
        self.outcome = if RESERVED.contains(&field.name()) {
            self.map.serialize_entry(&format_args!("field.{}", field.name()), value)
        } else {
            self.map.serialize_entry(field.name(), value)
        };
    }
}

impl<M: SerializeMap> Visit for JsonVisitor<M> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.entry(field, &format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.entry(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.entry(field, &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.entry(field, &value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.entry(field, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.entry(field, &value);
    }

    /// With its causes: one line tells the whole failure.
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        self.entry(field, text.as_str());
    }
}

/// `serde_json` writes bytes, the subscriber takes text.
struct Utf8<'a, 'w>(&'a mut Writer<'w>);

impl io::Write for Utf8<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        self.0.write_str(text).map_err(io::Error::other)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
