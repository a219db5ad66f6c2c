//! The W3C trace context (<https://www.w3.org/TR/trace-context/>), which ties together what one request caused in every
//! service: it arrives in the `traceparent` header, is stored with each event, and leaves in requests to others.
//!
//! It travels inside a process in a task local and not in a span: a span would cost each request an allocation, and a
//! consumer of events has only the text.

use std::fmt::{self, Display, Formatter};
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::random::random_id;

/// Length of a `traceparent` of version 00: `00-{32 hex}-{16 hex}-{2 hex}`.
const LENGTH: usize = 55;
/// The flag that says that the caller records this trace.
const SAMPLED: u8 = 0x01;
/// The flags that exist (sampled, and random of level 2); the others must be sent as zero.
const KNOWN_FLAGS: u8 = 0x03;

/// What a ratio of 1 is as a threshold: above every number that `is_drawn` compares with it.
const ALWAYS: u64 = 1 << 63;

/// Which of the traces that start in this process are recorded: those below it.
static THRESHOLD: AtomicU64 = AtomicU64::new(ALWAYS);

tokio::task_local! {
    static CURRENT: TraceContext;
}

/// One place in a trace: the trace, the span in it, and whether the caller records it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    flags: u8,
}

impl TraceContext {
    /// Reads a `traceparent`. Strict, as the standard demands: lower-case hex, no id of all zeros, version 00 exactly 55
    /// bytes. A later version is read up to there if nothing or a `-` follows. `None` means: start a new trace.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let version = hex(bytes.get(..2)?)?;
        let well_ended = match bytes.get(LENGTH) {
            None => true,
            Some(&next) => version > 0 && next == b'-',
        };
        let dashes = [2, 35, 52].iter().all(|&place| bytes.get(place) == Some(&b'-'));
        if version == 0xff || !well_ended || !dashes {
            return None;
        }
        let trace = hex(bytes.get(3..35)?)?;
        let span = u64::try_from(hex(bytes.get(36..52)?)?).ok()?;
        let flags = u8::try_from(hex(bytes.get(53..LENGTH)?)?).ok()? & KNOWN_FLAGS;
        (trace != 0 && span != 0).then_some(Self { trace, span, flags })
    }

    /// The first span of a new trace, which is recorded unless `telemetry.sample_ratio` says otherwise.
    #[must_use]
    pub fn start() -> Self {
        let (high, low) = (random_id(), random_id());
        let flags = if is_drawn(low, THRESHOLD.load(Ordering::Relaxed)) { SAMPLED } else { 0 };
        Self { trace: u128::from(high) << 64 | u128::from(low), span: random_id(), flags }
    }

    /// A new span of the same trace.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { span: random_id(), ..*self }
    }

    /// Whether the caller records this trace, and so should we.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// The span's id.
    pub(crate) fn span(&self) -> u64 {
        self.span
    }

    /// The trace id as 32 lower-case hex digits.
    #[must_use]
    pub fn trace_id(&self) -> impl Display + use<> {
        TraceId(self.trace)
    }
}

/// As `traceparent` of version 00.
impl Display for TraceContext {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

struct TraceId(u128);

impl Display for TraceId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The trace context of the running task, or a new trace outside of `in_trace`.
#[must_use]
pub fn current() -> TraceContext {
    entered().unwrap_or_else(TraceContext::start)
}

/// Runs `future` with `context` as the current one. Works for futures that stay on their thread, too.
pub async fn in_trace<F: Future>(context: TraceContext, future: F) -> F::Output {
    CURRENT.scope(context, future).await
}

/// The trace context of the running task, if it is in a trace.
pub(crate) fn entered() -> Option<TraceContext> {
    CURRENT.try_with(|context| *context).ok()
}

/// Has this share of the traces that start here recorded, from 0 to 1.
pub(crate) fn record_share(ratio: f64) {
    // Exact for 0 and 1; in between, the last bits of a ratio are nobody's concern.
    let threshold = (ratio.clamp(0.0, 1.0) * ALWAYS as f64) as u64;
    THRESHOLD.store(threshold, Ordering::Relaxed);
}

/// By the trace's own random number and not by another one: a service that is asked twice decides the same.
fn is_drawn(random: u64, threshold: u64) -> bool {
    random >> 1 < threshold
}

/// Lower-case hex digits, at most 32.
fn hex(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |number: u128, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(value))
    })
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    const SAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn the_sample_of_the_standard_round_trips() {
        let context = TraceContext::parse(SAMPLE).unwrap();
        assert_eq!(context.to_string(), SAMPLE);
        assert_eq!(context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    }

    #[test]
    fn malformed_headers_are_refused() {
        let refused = [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
            "00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e47é-00f067aa0ba902b7-01",
        ];
        for text in refused {
            assert_eq!(TraceContext::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let later = SAMPLE.replacen("00", "cc", 1);
        let known = TraceContext::parse(SAMPLE);
        assert_eq!(TraceContext::parse(&later), known);
        assert_eq!(TraceContext::parse(&format!("{later}-what-comes-then")), known);
        assert_eq!(TraceContext::parse(&format!("{later}.what")), None);
    }

    #[test]
    fn unknown_flags_are_not_passed_on() {
        let context = TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe").unwrap();
        assert!(context.to_string().ends_with("-02"));
    }

    #[test]
    fn a_started_trace_is_valid_recorded_and_its_own() {
        let (first, second) = (TraceContext::start(), TraceContext::start());
        assert_eq!(TraceContext::parse(&first.to_string()), Some(first));
        assert!(first.to_string().ends_with("-01"));
        assert_ne!(first.trace_id().to_string(), second.trace_id().to_string());
    }

    #[test]
    fn a_child_keeps_trace_and_flags_and_has_its_own_span() {
        let parent = TraceContext::parse(SAMPLE.replace("-01", "-00").as_str()).unwrap();
        let child = parent.child();
        assert_eq!((child.trace, child.flags), (parent.trace, parent.flags));
        assert_ne!(child.span, parent.span);
    }

    #[test]
    fn a_ratio_is_kept_and_its_ends_are_exact() {
        const DRAWS: u32 = 20_000;
        let drawn = |ratio: f64| {
            let threshold = (ratio * ALWAYS as f64) as u64;
            (0..DRAWS).filter(|_| is_drawn(random_id(), threshold)).count() as f64 / f64::from(DRAWS)
        };
        assert_eq!((drawn(0.0), drawn(1.0)), (0.0, 1.0));
        assert!(is_drawn(u64::MAX, ALWAYS) && !is_drawn(0, 0));
        // Six standard deviations.
        assert!((drawn(0.25) - 0.25).abs() < 0.0184);
    }

    #[tokio::test]
    async fn the_current_trace_is_the_innermost_and_ends_with_its_future() {
        let (outer, inner) = (TraceContext::start(), TraceContext::start());
        in_trace(outer, async {
            assert_eq!(current(), outer);
            in_trace(inner, async {
                tokio::task::yield_now().await;
                assert_eq!(current(), inner);
            })
            .await;
            assert_eq!(current(), outer);
        })
        .await;
        assert_eq!(entered(), None);
        assert_ne!(current(), current());
    }

    #[tokio::test]
    async fn a_future_that_stays_on_its_thread_can_be_traced() {
        let context = TraceContext::start();
        let local = Rc::new(());
        let seen = in_trace(context, async move {
            tokio::task::yield_now().await;
            drop(local);
            current()
        });
        assert_eq!(seen.await, context);
    }
}
