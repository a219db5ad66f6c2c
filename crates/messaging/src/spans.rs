//! What happens to a message, as spans: sent below the change that stored it, dealt with below the sending.
//!
//! A message carries the trace context of its sending, in its header and, if it is an event, in its body alike
//! (events, section 1). So the reader needs nothing else to continue the trace.

use telemetry::{Kind, Span, TraceContext};

use crate::topology::{Exchange, Queue};

/// What OpenTelemetry calls the broker. The in-process bus stands in for it.
const SYSTEM: &str = "rabbitmq";

/// The sending of a message. `traceparent` is where it was stored; from here on, where it was sent.
pub(crate) fn sending(service: &'static str, exchange: Exchange, traceparent: &mut String) -> Span {
    let stored = TraceContext::parse(traceparent);
    let name = || format!("publish {}", exchange.name()).into();
    let mut span = Span::begin(service, Kind::Producer, name, stored);
    describe(&mut span, exchange.name(), "publish");
    if span.is_recorded() {
        *traceparent = span.context().to_string();
    }
    span
}

/// What a message does to a reader. It counts as failed until `Span::succeed` is called.
pub(crate) fn processing(service: &'static str, queue: &'static str, traceparent: Option<&str>) -> Span {
    let sent = traceparent.and_then(TraceContext::parse);
    let mut span = Span::begin(service, Kind::Consumer, || format!("process {queue}").into(), sent);
    describe(&mut span, queue, "process");
    span.fail("not_saved");
    span
}

/// The same for a message that is no event.
pub(crate) fn receiving(service: &'static str, queue: Queue, headers: &[(String, String)]) -> Span {
    let traceparent = headers.iter().find(|(name, _)| name == "traceparent").map(|(_, value)| value.as_str());
    processing(service, queue.name(), traceparent)
}

fn describe(span: &mut Span, destination: &'static str, operation: &'static str) {
    span.set("messaging.system", || SYSTEM.into());
    span.set("messaging.destination.name", || destination.into());
    span.set("messaging.operation.type", || operation.into());
}
