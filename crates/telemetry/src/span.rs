//! Spans: pieces of work with a beginning, an end and a place in a trace, sent to a collector (`export`).
//!
//! A span is recorded if traces are exported and its trace is sampled. One that is not costs a few nanoseconds and takes
//! no place in the trace: its context is its parent's, so nothing ever hangs below a span that nobody has. The one
//! exception is a request's: it has an id of its own in any case, because logs and events name it.

use std::borrow::Cow;
use std::time::{Duration, Instant, SystemTime};

use crate::export;
use crate::trace::{TraceContext, entered};

/// Attributes that nearly every span has room for without growing.
const USUAL_ATTRIBUTES: usize = 4;

/// What a span is to the spans around it; the numbers are OTLP's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Work inside a service.
    Internal = 1,
    /// A request that is answered.
    Server = 2,
    /// A request that is made.
    Client = 3,
    /// A message that is sent.
    Producer = 4,
    /// A message that is dealt with.
    Consumer = 5,
}

/// What an attribute says. Nothing personal and no ids: traces leave the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(Cow<'static, str>),
    /// A number.
    Number(i64),
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// A piece of work; it ends when it is dropped.
#[derive(Debug)]
pub struct Span {
    context: TraceContext,
    recording: Option<Box<Recording>>,
}

/// A span as it is sent.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) service: &'static str,
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: Kind,
    pub(crate) context: TraceContext,
    pub(crate) parent: Option<TraceContext>,
    pub(crate) began: SystemTime,
    pub(crate) took: Duration,
    pub(crate) attributes: Vec<(&'static str, Value)>,
    pub(crate) failure: Option<&'static str>,
    pub(crate) clock: Instant,
}

impl Span {
    /// The answer to a request; `caller` is what its `traceparent` says.
    #[must_use]
    pub fn server(service: &'static str, caller: Option<TraceContext>) -> Self {
        let context = caller.map_or_else(TraceContext::start, |caller| caller.child());
        Self::at((context, caller), service, Kind::Server, || "HTTP".into())
    }

    /// A call to `peer`, a service's name or a word of ours, as part of the running task's work.
    #[must_use]
    pub fn client(service: &'static str, method: &str, peer: &str) -> Self {
        let method = known_method(method);
        let mut span = Self::begin(service, Kind::Client, || format!("{method} {peer}").into(), entered());
        span.call(method, peer);
        span
    }

    /// A call out of the house, below `parent`. As with a request that comes in, its id is its own in any case: whoever
    /// is called may write it down.
    #[must_use]
    pub fn call_out(service: &'static str, method: &str, peer: &str, parent: Option<TraceContext>) -> Self {
        let method = known_method(method);
        let context = parent.map_or_else(TraceContext::start, |parent| parent.child());
        let mut span = Self::at((context, parent), service, Kind::Client, || format!("{method} {peer}").into());
        span.call(method, peer);
        span
    }

    fn call(&mut self, method: &'static str, peer: &str) {
        self.set("http.request.method", || method.into());
        self.set("peer.service", || peer.to_owned().into());
    }

    /// A piece of the running task's work.
    #[must_use]
    pub fn here(service: &'static str, kind: Kind, name: &'static str) -> Self {
        Self::begin(service, kind, || name.into(), entered())
    }

    /// A piece of work below `parent`, or at the root of a new trace.
    #[must_use]
    pub fn begin(
        service: &'static str,
        kind: Kind,
        name: impl FnOnce() -> Cow<'static, str>,
        parent: Option<TraceContext>,
    ) -> Self {
        match parent {
            Some(parent) if !(parent.is_sampled() && export::is_on()) => Self { context: parent, recording: None },
            Some(parent) => Self::at((parent.child(), Some(parent)), service, kind, name),
            None => Self::at((TraceContext::start(), None), service, kind, name),
        }
    }

    fn at(
        (context, parent): (TraceContext, Option<TraceContext>),
        service: &'static str,
        kind: Kind,
        name: impl FnOnce() -> Cow<'static, str>,
    ) -> Self {
        if !(context.is_sampled() && export::is_on()) {
            return Self { context, recording: None };
        }
        let recording = Recording::new((context, parent), service, kind, name());
        Self { context, recording: Some(Box::new(recording)) }
    }

    /// Its place in the trace: for `traceparent`, and for [`crate::in_trace`].
    #[must_use]
    pub fn context(&self) -> TraceContext {
        self.context
    }

    /// Whether it will be sent.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        self.recording.is_some()
    }

    /// Names it, if its name was not known at the beginning. Names have few values, as routes do and paths do not.
    pub fn rename(&mut self, name: impl FnOnce() -> String) {
        if let Some(recording) = &mut self.recording {
            recording.name = name().into();
        }
    }

    /// Says something about it. The value is only made if it is recorded.
    pub fn set(&mut self, key: &'static str, value: impl FnOnce() -> Value) {
        if let Some(recording) = &mut self.recording {
            recording.attributes.push((key, value()));
        }
    }

    /// The method and the route of a request that is answered.
    pub fn route(&mut self, method: &str, route: &str) {
        let method = known_method(method);
        self.rename(|| format!("{method} {route}"));
        self.set("http.request.method", || method.into());
        self.set("http.route", || route.to_owned().into());
    }

    /// How a request was answered. 5xx is a failure; 4xx is one of whoever asked.
    pub fn answered(&mut self, status: u16) {
        self.set("http.response.status_code", || i64::from(status).into());
        let asked = self.recording.as_ref().is_some_and(|recording| recording.kind == Kind::Client);
        if status >= 500 || (asked && status >= 400) {
            self.fail("status");
        }
    }

    /// It did what it should, whatever was said before.
    pub fn succeed(&mut self) {
        if let Some(recording) = &mut self.recording {
            recording.failure = None;
        }
    }

    /// It is not sent: the work is done again, as another span.
    pub fn discard(mut self) {
        self.recording = None;
    }

    /// It did not do what it should. `reason` is a word of ours, never what an error says: that may quote anything.
    pub fn fail(&mut self, reason: &'static str) {
        if let Some(recording) = &mut self.recording {
            recording.failure = Some(reason);
        }
    }
}

impl Recording {
    /// A span that begins now.
    pub(crate) fn new(
        (context, parent): (TraceContext, Option<TraceContext>),
        service: &'static str,
        kind: Kind,
        name: Cow<'static, str>,
    ) -> Self {
        Self {
            service,
            name,
            kind,
            context,
            parent,
            began: wall_clock(),
            took: Duration::ZERO,
            attributes: Vec::with_capacity(USUAL_ATTRIBUTES),
            failure: None,
            clock: Instant::now(),
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some(mut recording) = self.recording.take() {
            recording.took = recording.clock.elapsed();
            export::submit(recording);
        }
    }
}

/// The method, or the standard's word for methods that nobody knows: clients can make up any number of those.
#[must_use]
pub fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("_OTHER")
}

#[expect(clippy::disallowed_methods, reason = "a trace lines up what several machines did: only their real clocks can")]
fn wall_clock() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_that_is_not_recorded_stands_where_its_parent_does() {
        let parent = TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00").unwrap();
        let mut span = Span::begin("loan-support", Kind::Internal, || unreachable!("no name is made"), Some(parent));
        span.set("key", || unreachable!("no value is made"));
        span.rename(|| unreachable!("no name is made"));
        assert_eq!((span.context(), span.is_recorded()), (parent, false));
    }

    #[test]
    fn a_request_has_a_span_of_its_own_in_any_case() {
        let caller = TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00").unwrap();
        let span = Span::server("loan-support", Some(caller));
        assert_ne!(span.context(), caller);
        assert_eq!(span.context().trace_id().to_string(), caller.trace_id().to_string());
    }

    #[test]
    fn made_up_methods_make_no_names() {
        assert_eq!((known_method("PATCH"), known_method("patch"), known_method("X1")), ("PATCH", "_OTHER", "_OTHER"));
    }
}
