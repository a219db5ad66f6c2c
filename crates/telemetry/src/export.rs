//! Sends spans to an OpenTelemetry collector, and never at a request's expense.
//!
//! Whoever ends a span puts it into a bounded queue and goes on; if the queue is full, the span is dropped and counted.
//! One thread of its own takes from the queue and posts batches: a collector that is slow, down or gone costs its
//! spans and nothing else.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use metrics::counter;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Url};
use serde::Deserialize;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::span::Recording;
use crate::{TelemetryError, names, otlp, trace};

/// Spans that wait: some seconds of a busy service. A span has about half a kilobyte, so this is 4 MiB at most.
const QUEUE: usize = 8192;
/// Spans in one request: well below the megabytes that collectors take.
const BATCH: usize = 512;
/// How long a span waits for others to travel with.
const GATHER: Duration = Duration::from_secs(1);
/// How long a collector may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Rest after a failure, so that a collector that is down costs next to nothing.
const REST: Duration = Duration::from_secs(1);
/// Where collectors take traces (OTLP/HTTP).
const PATH: &str = "/v1/traces";

static TRACES: OnceLock<Traces> = OnceLock::new();

/// Section `telemetry` of the configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TraceConfig {
    /// The collector, such as `http://collector:4318`; `/v1/traces` is added if it is not there. No spans if unset.
    pub otlp_endpoint: Option<String>,
    /// Which share of the traces that start here is recorded, from 0 to 1. A request that comes with a `traceparent`
    /// has been decided about by whoever sent it.
    pub sample_ratio: f64,
}

impl Default for TraceConfig {
    fn default() -> Self {
        Self { otlp_endpoint: None, sample_ratio: 1.0 }
    }
}

/// The way to the collector.
#[derive(Debug, Clone)]
pub struct Traces {
    queue: mpsc::Sender<Item>,
}

#[derive(Debug)]
enum Item {
    Span(Box<Recording>),
    /// Answered once everything before it was sent or dropped.
    Flush(oneshot::Sender<()>),
}

/// Begins to export if an endpoint is configured. A process exports to one place: later calls return what the first
/// one began. `http` is used by the exporter's own thread alone.
///
/// # Errors
///
/// If a setting makes no sense, or no thread can be made.
pub fn init_traces(config: &TraceConfig, http: Client) -> Result<Option<Traces>, TelemetryError> {
    if !(0.0..=1.0).contains(&config.sample_ratio) {
        return Err(TelemetryError::Traces(format!("sample_ratio: {} is not from 0 to 1", config.sample_ratio)));
    }
    let Some(endpoint) = &config.otlp_endpoint else { return Ok(None) };
    let url = address(endpoint)?;
    if let Some(traces) = TRACES.get() {
        return Ok(Some(traces.clone()));
    }
    let traces = Traces::start(url, http)?;
    trace::record_share(config.sample_ratio);
    Ok(Some(TRACES.get_or_init(|| traces).clone()))
}

/// Whether spans are exported.
pub(crate) fn is_on() -> bool {
    TRACES.get().is_some()
}

/// Takes a span that has ended.
pub(crate) fn submit(span: Box<Recording>) {
    if let Some(traces) = TRACES.get() {
        traces.submit(span);
    }
}

fn address(endpoint: &str) -> Result<Url, TelemetryError> {
    let bad = |reason: &dyn std::fmt::Display| TelemetryError::Traces(format!("otlp_endpoint: {reason}"));
    let mut url = Url::parse(endpoint).map_err(|error| bad(&error))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad(&"not a URL of http or https"));
    }
    if !url.path().ends_with(PATH) {
        let path = format!("{}{PATH}", url.path().trim_end_matches('/'));
        url.set_path(&path);
    }
    Ok(url)
}

impl Traces {
    pub(crate) fn start(url: Url, http: Client) -> Result<Self, TelemetryError> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let failed = |error: std::io::Error| TelemetryError::Traces(format!("no thread for the exporter: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let exporter = Exporter { url, http, is_failing: false };
        thread::Builder::new()
            .name("traces".to_owned())
            .spawn(move || runtime.block_on(exporter.run(waiting)))
            .map_err(failed)?;
        Ok(Self { queue })
    }

    /// Never waits.
    pub(crate) fn submit(&self, span: Box<Recording>) {
        let service = span.service;
        if self.queue.try_send(Item::Span(span)).is_err() {
            dropped(service, "queue_full", 1);
        }
    }

    /// Sends what waits, for a process that ends. Gives up after `patience`.
    pub async fn flush(&self, patience: Duration) {
        let flushed = async {
            let (done, flushed) = oneshot::channel();
            if self.queue.send(Item::Flush(done)).await.is_ok() {
                // An exporter that is gone has nothing left to send.
                let _ = flushed.await;
            }
        };
        let _ = timeout(patience, flushed).await;
    }
}

struct Exporter {
    url: Url,
    http: Client,
    is_failing: bool,
}

impl Exporter {
    async fn run(mut self, mut waiting: mpsc::Receiver<Item>) {
        while let Some(first) = waiting.recv().await {
            let (batch, flush) = gather(first, &mut waiting).await;
            let sent = self.send(&batch).await;
            if let Some(flush) = flush {
                // Whoever asked may have given up.
                let _ = flush.send(());
            } else if !sent {
                sleep(REST).await;
            }
        }
    }

    /// Whether the collector took the batch. What it did not take is dropped: sending it again would make it wait for
    /// a collector that has enough to do.
    async fn send(&mut self, batch: &[Box<Recording>]) -> bool {
        if batch.is_empty() {
            return true;
        }
        let taken = self.post(batch).await;
        let mut by_service: BTreeMap<&'static str, u64> = BTreeMap::new();
        for span in batch {
            *by_service.entry(span.service).or_default() += 1;
        }
        for (service, count) in by_service {
            if taken.is_ok() {
                counter!(names::TRACE_SPANS_EXPORTED_TOTAL, "service" => service).increment(count);
            } else {
                dropped(service, "not_taken", count);
            }
        }
        let was_failing = std::mem::replace(&mut self.is_failing, taken.is_err());
        match &taken {
            // Once, not once a second.
            Err(reason) if !was_failing => {
                tracing::warn!(reason, "the trace collector takes no spans; they are dropped")
            }
            Ok(()) if was_failing => tracing::info!("the trace collector takes spans again"),
            _ => {}
        }
        taken.is_ok()
    }

    async fn post(&self, batch: &[Box<Recording>]) -> Result<(), String> {
        let body = otlp::body(batch).map_err(|error| error.to_string())?;
        let request = self.http.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body);
        // Without the address: it may hold credentials.
        let answer = request.timeout(PATIENCE).send().await.map_err(|error| error.without_url().to_string())?;
        if answer.status().is_success() { Ok(()) } else { Err(format!("it answered {}", answer.status())) }
    }
}

/// Takes spans until a batch is full, the first has waited long enough, or somebody wants them sent now.
async fn gather(first: Item, waiting: &mut mpsc::Receiver<Item>) -> (Vec<Box<Recording>>, Option<oneshot::Sender<()>>) {
    let deadline = Instant::now() + GATHER;
    let mut batch = Vec::new();
    let mut next = Some(first);
    loop {
        match next {
            Some(Item::Span(span)) => batch.push(span),
            Some(Item::Flush(done)) => return (batch, Some(done)),
            None => return (batch, None),
        }
        if batch.len() == BATCH {
            return (batch, None);
        }
        next = timeout_at(deadline, waiting.recv()).await.unwrap_or(None);
    }
}

fn dropped(service: &'static str, reason: &'static str, count: u64) {
    counter!(names::TRACE_SPANS_DROPPED_TOTAL, "service" => service, "reason" => reason).increment(count);
}

#[cfg(test)]
#[path = "export/tests.rs"]
mod tests;
