//! What a request's span costs: switched off, not sampled, and recorded. `cargo run --release -p telemetry --example overhead`.

use std::hint::black_box;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use telemetry::{Span, TraceConfig, TraceContext, init_metrics, init_traces};

const ROUNDS: u32 = 1_000_000;
/// Few enough at once that the queue takes them all.
const BURST: u32 = 4_000;
const SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const UNSAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

fn request(traceparent: &str) {
    let mut span = Span::server("loan-support", TraceContext::parse(traceparent));
    span.route("POST", "/support/tickets");
    span.answered(201);
    black_box(span.context());
}

fn measure(what: &str, rounds: u32, traceparent: &str) {
    let began = Instant::now();
    for _ in 0..rounds {
        request(black_box(traceparent));
    }
    println!("{what}: {:.0} ns a span", began.elapsed().as_nanos() as f64 / f64::from(rounds));
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _metrics = init_metrics();
    measure("warm-up", ROUNDS, SAMPLED);
    measure("no collector configured", ROUNDS, SAMPLED);
    // A collector that never answers: what is measured is our side alone.
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let config =
        TraceConfig { otlp_endpoint: Some(format!("http://{}", silent.local_addr()?)), ..TraceConfig::default() };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let _traces = init_traces(&config, reqwest::Client::builder().no_proxy().build()?)?;
    measure("not sampled", ROUNDS, UNSAMPLED);
    tokio::time::sleep(Duration::from_millis(100)).await;
    measure("recorded", BURST, SAMPLED);
    measure("queue full, dropped and counted", ROUNDS, SAMPLED);
    Ok(())
}
