//! Counters that alerts look at are there from the start. Prometheus sees no increase in a series that begins at 1, so the
//! first dead letter, or the first message without a queue, would go unnoticed.

use metrics::counter;
use telemetry::names;

/// Begins at 0 what a reader of events counts.
pub(crate) fn begin_events(service: &'static str, queue: &'static str) {
    counter!(names::EVENTS_APPLIED_TOTAL, "service" => service, "consumer" => queue).increment(0);
    counter!(names::EVENTS_DUPLICATE_TOTAL, "service" => service, "consumer" => queue).increment(0);
    counter!(names::EVENTS_GAPS_TOTAL, "service" => service, "consumer" => queue).increment(0);
    begin_reader(service, queue);
}

/// Begins at 0 what a reader of other messages counts.
pub(crate) fn begin_messages(service: &'static str, queue: &'static str) {
    counter!(names::MESSAGES_RECEIVED_TOTAL, "service" => service, "consumer" => queue).increment(0);
    begin_reader(service, queue);
}

fn begin_reader(service: &'static str, queue: &'static str) {
    counter!(names::DEAD_LETTERS_TOTAL, "service" => service, "consumer" => queue).increment(0);
    counter!(names::READER_FAILURES_TOTAL, "service" => service, "consumer" => queue).increment(0);
}

/// Begins at 0 what a relay counts.
pub(crate) fn begin_relay(service: &'static str) {
    counter!(names::EVENTS_PUBLISHED_TOTAL, "service" => service).increment(0);
    counter!(names::MESSAGES_PUBLISHED_TOTAL, "service" => service).increment(0);
    counter!(names::UNROUTABLE_TOTAL, "service" => service).increment(0);
}

/// A reader sent something to its dead-letter queue.
pub(crate) fn dead_letter(service: &'static str, queue: &'static str) {
    counter!(names::DEAD_LETTERS_TOTAL, "service" => service, "consumer" => queue).increment(1);
}

/// A reader could not deal with something, and tries again.
pub(crate) fn failed(service: &'static str, queue: &'static str) {
    counter!(names::READER_FAILURES_TOTAL, "service" => service, "consumer" => queue).increment(1);
}
