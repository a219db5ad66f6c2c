//! The Prometheus recorder of the process. The `metrics` macros write into it from anywhere; `/metrics` prints it.

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::names;

/// Buckets of every histogram whose name ends in `_seconds`: from half a millisecond, faster than any request with a
/// database in it, to ten seconds, past which every caller has given up.
const SECONDS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// A histogram keeps each sample until it is sorted into its bucket. Printing does that; so that memory does not grow
/// where nobody asks for `/metrics`, a thread does it this often, too.
const UPKEEP: Duration = Duration::from_secs(5);

static METRICS: OnceLock<Metrics> = OnceLock::new();

/// The metrics of this process.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// All metrics as Prometheus text (`text/plain; version=0.0.4`).
    #[must_use]
    pub fn render(&self) -> String {
        self.0.render()
    }
}

/// Installs the recorder at the first call; later calls return the same metrics.
#[must_use]
pub fn init_metrics() -> Metrics {
    METRICS.get_or_init(install).clone()
}

fn install() -> Metrics {
    let builder = PrometheusBuilder::new();
    let recorder = builder
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .unwrap_or_else(|_only_for_empty_buckets| PrometheusBuilder::new())
        .build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::warn!("this process has another recorder of metrics: /metrics stays empty");
        return Metrics(handle);
    }
    names::describe();
    let kept = handle.clone();
    let upkeep = thread::Builder::new().name("metrics".to_owned()).spawn(move || {
        loop {
            thread::park_timeout(UPKEEP);
            kept.run_upkeep();
        }
    });
    if let Err(error) = upkeep {
        tracing::warn!(%error, "metrics are kept up only when they are read");
    }
    Metrics(handle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_printed_with_its_description() {
        let metrics = init_metrics();
        metrics::counter!(names::SHED_TOTAL, "service" => "test-counted").increment(2);
        let text = metrics.render();
        assert!(text.contains("crossdesk_shed_total{service=\"test-counted\"} 2\n"), "{text}");
        assert!(text.contains("# HELP crossdesk_shed_total Requests"), "{text}");
        assert!(text.contains("# TYPE crossdesk_shed_total counter\n"), "{text}");
    }

    #[test]
    fn durations_fall_into_buckets_from_half_a_millisecond_to_ten_seconds() {
        let metrics = init_metrics();
        let histogram = metrics::histogram!(names::HTTP_REQUEST_DURATION_SECONDS, "service" => "test-timed");
        histogram.record(0.004);
        histogram.record(60.0);
        let text = metrics.render();
        let bucket = |bound: &str, count: u32| {
            format!("crossdesk_http_request_duration_seconds_bucket{{service=\"test-timed\",le=\"{bound}\"}} {count}\n")
        };
        for line in [bucket("0.0005", 0), bucket("0.005", 1), bucket("10", 1), bucket("+Inf", 2)] {
            assert!(text.contains(&line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn a_second_call_returns_the_same_metrics() {
        let (first, second) = (init_metrics(), init_metrics());
        metrics::gauge!(names::BUS_CONNECTED, "service" => "test-twice").set(1.0);
        let line = "crossdesk_bus_connected{service=\"test-twice\"} 1\n";
        assert!(first.render().contains(line) && second.render().contains(line));
    }
}
