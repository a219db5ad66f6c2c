//! Every metric of Crossdesk: its name, what it means and its labels. Dashboards and alerts are written against these, so
//! a name changes like an API. All carry the label `service`, because one process may host them all.
//!
//! Labels have few values by design: routes are templates, never paths; no ids, no subjects.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Counter: requests answered. Labels `method`, `route` (the template), `status`.
pub const HTTP_REQUESTS_TOTAL: &str = "crossdesk_http_requests_total";
/// Histogram: from the request's head to the end of the answer's head. Labels `method`, `route`.
pub const HTTP_REQUEST_DURATION_SECONDS: &str = "crossdesk_http_request_duration_seconds";
/// Gauge: requests being worked on.
pub const HTTP_REQUESTS_IN_FLIGHT: &str = "crossdesk_http_requests_in_flight";
/// Counter: requests refused because the caller sent too many (429).
pub const RATE_LIMITED_TOTAL: &str = "crossdesk_rate_limited_total";
/// Counter: requests refused because the service had too much to do (503).
pub const SHED_TOTAL: &str = "crossdesk_shed_total";
/// Counter: tokens refused. Label `reason` (a word such as `expired`, never the token).
pub const TOKENS_REFUSED_TOTAL: &str = "crossdesk_tokens_refused_total";
/// Counter: events that the bus has confirmed. Label `service`.
pub const EVENTS_PUBLISHED_TOTAL: &str = "crossdesk_events_published_total";
/// Gauge: events in the log that the bus has not confirmed yet.
pub const EVENTS_UNPUBLISHED: &str = "crossdesk_events_unpublished";
/// Gauge: age of the oldest event that the bus has not confirmed yet, 0 if there is none. The first thing to alert on.
pub const EVENTS_UNPUBLISHED_OLDEST_SECONDS: &str = "crossdesk_events_unpublished_oldest_seconds";
/// Counter: events applied. Label `consumer`, the queue.
pub const EVENTS_APPLIED_TOTAL: &str = "crossdesk_events_applied_total";
/// Counter: events that had been applied before and were skipped. Label `consumer`.
pub const EVENTS_DUPLICATE_TOTAL: &str = "crossdesk_events_duplicate_total";
/// Counter: events that arrived before an earlier one of their ticket. Label `consumer`.
pub const EVENTS_GAPS_TOTAL: &str = "crossdesk_events_gaps_total";
/// Gauge: events set aside, waiting for a retry or an operator. Label `consumer`.
pub const EVENTS_PARKED: &str = "crossdesk_events_parked";
/// Histogram: from the change (the event's `time`) to its effect. Label `consumer`.
pub const EVENT_DELAY_SECONDS: &str = "crossdesk_event_delay_seconds";
/// Gauge: 1 while connected to the bus, else 0.
pub const BUS_CONNECTED: &str = "crossdesk_bus_connected";
/// Histogram: waiting for a database connection of the pool.
pub const DB_POOL_WAIT_SECONDS: &str = "crossdesk_db_pool_wait_seconds";
/// Gauge: WebSockets that the gateway carries.
pub const TUNNELS_OPEN: &str = "crossdesk_tunnels_open";
/// Gauge: always 1. Labels `service`, `version`.
pub const BUILD_INFO: &str = "crossdesk_build_info";

/// Registers description and unit of every metric with the recorder; `init_metrics` calls it.
pub fn describe() {
    describe_http();
    describe_events();
    describe_gauge!(BUS_CONNECTED, Unit::Count, "1 while connected to the bus, else 0");
    describe_histogram!(DB_POOL_WAIT_SECONDS, Unit::Seconds, "Waiting for a database connection of the pool");
    describe_gauge!(BUILD_INFO, Unit::Count, "Always 1; the labels say what was built");
}

fn describe_http() {
    describe_counter!(HTTP_REQUESTS_TOTAL, Unit::Count, "Requests answered");
    describe_histogram!(HTTP_REQUEST_DURATION_SECONDS, Unit::Seconds, "From the request's head to the answer's head");
    describe_gauge!(HTTP_REQUESTS_IN_FLIGHT, Unit::Count, "Requests being worked on");
    describe_counter!(RATE_LIMITED_TOTAL, Unit::Count, "Requests refused because the caller sent too many");
    describe_counter!(SHED_TOTAL, Unit::Count, "Requests refused because the service had too much to do");
    describe_counter!(TOKENS_REFUSED_TOTAL, Unit::Count, "Tokens refused");
    describe_gauge!(TUNNELS_OPEN, Unit::Count, "WebSockets that the gateway carries");
}

fn describe_events() {
    describe_counter!(EVENTS_PUBLISHED_TOTAL, Unit::Count, "Events confirmed by the bus");
    describe_gauge!(EVENTS_UNPUBLISHED, Unit::Count, "Events not yet confirmed by the bus");
    describe_gauge!(
        EVENTS_UNPUBLISHED_OLDEST_SECONDS,
        Unit::Seconds,
        "Age of the oldest event not yet confirmed by the bus"
    );
    describe_counter!(EVENTS_APPLIED_TOTAL, Unit::Count, "Events applied");
    describe_counter!(EVENTS_DUPLICATE_TOTAL, Unit::Count, "Events skipped because they had been applied before");
    describe_counter!(EVENTS_GAPS_TOTAL, Unit::Count, "Events that arrived before an earlier one of their ticket");
    describe_gauge!(EVENTS_PARKED, Unit::Count, "Events set aside, waiting for a retry or an operator");
    describe_histogram!(EVENT_DELAY_SECONDS, Unit::Seconds, "From a change to its effect");
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    /// The constants above, read from this very file: a new one is tested without being listed.
    fn declared() -> Vec<(&'static str, &'static str)> {
        include_str!("names.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("pub const ")?.strip_suffix("\";")?.split_once(": &str = \""))
            .collect()
    }

    #[test]
    fn every_name_is_unique_prefixed_and_equal_to_its_constant() {
        let declared = declared();
        assert!(declared.len() >= 17, "{declared:?}");
        for (constant, name) in &declared {
            assert_eq!(*name, format!("crossdesk_{}", constant.to_lowercase()));
        }
        let unique: HashSet<_> = declared.iter().map(|(_, name)| name).collect();
        assert_eq!(unique.len(), declared.len());
    }

    #[test]
    fn every_metric_is_described_once_and_in_seconds_if_it_says_so() {
        let source = include_str!("names.rs");
        let code: String =
            source.split("#[cfg(test)]").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        for (constant, name) in declared() {
            let unit = if name.ends_with("_seconds") { "Seconds" } else { "Count" };
            let found = code.matches(&format!("!({constant}, Unit::{unit}, \"")).count()
                + code.matches(&format!("!( {constant}, Unit::{unit}, \"")).count();
            assert_eq!(found, 1, "{constant} must be described once, in {unit}");
        }
    }
}
