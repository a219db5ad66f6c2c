//! Every metric of Crossdesk: its name, what it means and its labels. Dashboards and alerts are written against these, so
//! a name changes like an API. All carry the label `service`, because one process may host them all.
//!
//! Labels have few values by design: routes are templates, never paths; no ids, no subjects. From this list come the
//! descriptions in `/metrics` and `docs/METRICS.md`; a test finds what is listed and never recorded.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// What a metric counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// Only goes up.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How often which value.
    Histogram,
}

impl MetricKind {
    /// In lower case, as Prometheus writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A metric.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// The constant of that name.
    pub constant: &'static str,
    /// What it counts.
    pub kind: MetricKind,
    /// Its labels beside `service`.
    pub labels: &'static [&'static str],
    meaning: &'static str,
}

impl Metric {
    /// What it says, in a sentence or two.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        self.meaning.trim()
    }
}

macro_rules! metrics {
    ($( $(#[doc = $meaning:literal])+ $kind:ident [$($label:literal),*] pub const $name:ident: &str = $text:literal; )+) => {
        $( $(#[doc = $meaning])+ pub const $name: &str = $text; )+

        /// All of them.
        pub const ALL: &[Metric] = &[$( Metric {
            name: $name,
            constant: stringify!($name),
            kind: MetricKind::$kind,
            labels: &[$($label),*],
            meaning: concat!($($meaning),+),
        } ),+];
    };
}

metrics! {
    /// Requests answered. `route` is a pattern, never a path.
    Counter ["method", "route", "status"]
    pub const HTTP_REQUESTS_TOTAL: &str = "crossdesk_http_requests_total";
    /// From a request's head to the end of its answer's head.
    Histogram ["method", "route"]
    pub const HTTP_REQUEST_DURATION_SECONDS: &str = "crossdesk_http_request_duration_seconds";
    /// Requests being worked on.
    Gauge []
    pub const HTTP_REQUESTS_IN_FLIGHT: &str = "crossdesk_http_requests_in_flight";
    /// Requests refused because the caller sent too many (429).
    Counter []
    pub const RATE_LIMITED_TOTAL: &str = "crossdesk_rate_limited_total";
    /// Requests refused because the service had too much to do (503).
    Counter []
    pub const SHED_TOTAL: &str = "crossdesk_shed_total";
    /// Requests refused because of their token (401).
    Counter []
    pub const TOKENS_REFUSED_TOTAL: &str = "crossdesk_tokens_refused_total";
    /// WebSockets that the gateway carries.
    Gauge []
    pub const TUNNELS_OPEN: &str = "crossdesk_tunnels_open";
    /// Live conversations that are connected.
    Gauge []
    pub const LIVE_CONNECTIONS: &str = "crossdesk_live_connections";

    /// Events that the bus has confirmed.
    Counter []
    pub const EVENTS_PUBLISHED_TOTAL: &str = "crossdesk_events_published_total";
    /// Events in the log that the bus has not confirmed yet.
    Gauge []
    pub const EVENTS_UNPUBLISHED: &str = "crossdesk_events_unpublished";
    /// Age of the oldest event that the bus has not confirmed yet, 0 if there is none. The first thing to alert on.
    Gauge []
    pub const EVENTS_UNPUBLISHED_OLDEST_SECONDS: &str = "crossdesk_events_unpublished_oldest_seconds";
    /// Messages that are no events (commands, results) and that the bus has confirmed.
    Counter []
    pub const MESSAGES_PUBLISHED_TOTAL: &str = "crossdesk_messages_published_total";
    /// Messages that are no events and that the bus has not confirmed yet.
    Gauge []
    pub const MESSAGES_UNPUBLISHED: &str = "crossdesk_messages_unpublished";
    /// Age of the oldest of them, 0 if there is none.
    Gauge []
    pub const MESSAGES_UNPUBLISHED_OLDEST_SECONDS: &str = "crossdesk_messages_unpublished_oldest_seconds";
    /// Attempts to publish what no queue took. The message stays and is tried again; a binding is missing.
    Counter []
    pub const UNROUTABLE_TOTAL: &str = "crossdesk_unroutable_total";
    /// Events applied. `consumer` is the queue.
    Counter ["consumer"]
    pub const EVENTS_APPLIED_TOTAL: &str = "crossdesk_events_applied_total";
    /// Events that had been applied before and were skipped.
    Counter ["consumer"]
    pub const EVENTS_DUPLICATE_TOTAL: &str = "crossdesk_events_duplicate_total";
    /// Events that arrived before an earlier one of their ticket.
    Counter ["consumer"]
    pub const EVENTS_GAPS_TOTAL: &str = "crossdesk_events_gaps_total";
    /// Events set aside, waiting for a retry or an operator.
    Gauge ["consumer"]
    pub const EVENTS_PARKED: &str = "crossdesk_events_parked";
    /// From a change (the event's `time`) to its effect.
    Histogram ["consumer"]
    pub const EVENT_DELAY_SECONDS: &str = "crossdesk_event_delay_seconds";
    /// Messages that are no events and that were dealt with.
    Counter ["consumer"]
    pub const MESSAGES_RECEIVED_TOTAL: &str = "crossdesk_messages_received_total";
    /// Messages that nobody can ever deal with, sent to the dead-letter queue by their reader.
    Counter ["consumer"]
    pub const DEAD_LETTERS_TOTAL: &str = "crossdesk_dead_letters_total";
    /// Attempts of a reader to deal with a message, or a batch of events, that failed and are made again.
    Counter ["consumer"]
    pub const READER_FAILURES_TOTAL: &str = "crossdesk_reader_failures_total";
    /// Messages that wait in a queue of the broker, without those that a reader holds. `queue` may be a dead-letter queue or `ticket.unrouted`. One service measures each queue, every 15 s; NaN while it cannot.
    Gauge ["queue"]
    pub const QUEUE_MESSAGES: &str = "crossdesk_queue_messages";
    /// Readers of a queue of the broker, measured as its messages are.
    Gauge ["queue"]
    pub const QUEUE_CONSUMERS: &str = "crossdesk_queue_consumers";
    /// 1 while there is a connection to publish over, else 0.
    Gauge []
    pub const BUS_CONNECTED: &str = "crossdesk_bus_connected";

    /// Waiting for a database connection of the pool.
    Histogram []
    pub const DB_POOL_WAIT_SECONDS: &str = "crossdesk_db_pool_wait_seconds";

    /// Resume requests that MAS has not answered yet.
    Gauge []
    pub const MAS_REQUESTS_PENDING: &str = "crossdesk_mas_requests_pending";
    /// Age of the oldest of them, 0 if there is none. The first thing to alert on.
    Gauge []
    pub const MAS_REQUESTS_OLDEST_SECONDS: &str = "crossdesk_mas_requests_oldest_seconds";
    /// Resume requests given up, waiting for an operator.
    Gauge []
    pub const MAS_REQUESTS_DEAD: &str = "crossdesk_mas_requests_dead";
    /// Requests sent to MAS. `result` is `completed`, `rejected`, `taken`, `refused` or `failed`.
    Counter ["result"]
    pub const MAS_ATTEMPTS_TOTAL: &str = "crossdesk_mas_attempts_total";
    /// The circuit breaker to MAS: 0 closed, 1 half-open, 2 open.
    Gauge []
    pub const MAS_BREAKER_STATE: &str = "crossdesk_mas_breaker_state";

    /// Attempts to tell a provider of a change. `outcome` is `told`, `failed` or `parked`.
    Counter ["outcome"]
    pub const PROVIDER_DELIVERIES_TOTAL: &str = "crossdesk_provider_deliveries_total";
    /// Deliveries to providers that wait.
    Gauge []
    pub const PROVIDER_DELIVERIES_WAITING: &str = "crossdesk_provider_deliveries_waiting";
    /// Deliveries to providers that were given up and wait for an operator.
    Gauge []
    pub const PROVIDER_DELIVERIES_PARKED: &str = "crossdesk_provider_deliveries_parked";
    /// Age of the oldest delivery to a provider that waits, 0 if there is none.
    Gauge []
    pub const PROVIDER_DELIVERIES_OLDEST_SECONDS: &str = "crossdesk_provider_deliveries_oldest_seconds";

    /// Spans that the trace collector took.
    Counter []
    pub const TRACE_SPANS_EXPORTED_TOTAL: &str = "crossdesk_trace_spans_exported_total";
    /// Spans that were dropped. `reason` is `queue_full` or `not_taken` (the collector is down, slow or refuses).
    Counter ["reason"]
    pub const TRACE_SPANS_DROPPED_TOTAL: &str = "crossdesk_trace_spans_dropped_total";
    /// Always 1; the labels say what was built.
    Gauge ["version"]
    pub const BUILD_INFO: &str = "crossdesk_build_info";
}

/// Registers description and unit of every metric with the recorder; `init_metrics` calls it.
pub fn describe() {
    for metric in ALL {
        let unit = if metric.name.ends_with("_seconds") { Unit::Seconds } else { Unit::Count };
        match metric.kind {
            MetricKind::Counter => describe_counter!(metric.name, unit, metric.meaning()),
            MetricKind::Gauge => describe_gauge!(metric.name, unit, metric.meaning()),
            MetricKind::Histogram => describe_histogram!(metric.name, unit, metric.meaning()),
        }
    }
}

#[cfg(test)]
#[path = "names/tests.rs"]
mod tests;
