//! The HTTP load: some connections, each sending its next request when the answer to the last has come.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::answer::{self, Answer};
use crate::requests::Requests;

/// A load that is this late has a request without an answer: they take milliseconds, even under full load.
const PATIENCE: Duration = Duration::from_secs(10);
/// Holds the longest answer asked for, a list of 20 tickets of some 250 bytes, at once; longer ones make it grow.
const BUFFER: usize = 16 * 1024;
/// How much of an unexpected body an error shows.
const SHOWN: usize = 300;

/// What a load achieved while it was measured.
#[derive(Debug, Default)]
pub(crate) struct Achieved {
    /// Time from request to answer of each request, in microseconds.
    pub(crate) latencies_us: Vec<u32>,
    /// How long was measured.
    pub(crate) measured: Duration,
}

impl Achieved {
    /// Adds what another turn achieved.
    pub(crate) fn add(&mut self, mut other: Self) {
        self.latencies_us.append(&mut other.latencies_us);
        self.measured += other.measured;
    }

    /// Requests per second.
    pub(crate) fn rate(&self) -> f64 {
        rate(self.latencies_us.len(), self.measured)
    }

    /// The latencies in milliseconds that the given parts (0 to 1) of all requests stay within.
    pub(crate) fn percentiles_ms<const N: usize>(&mut self, parts: [f64; N]) -> [f64; N] {
        self.latencies_us.sort_unstable();
        parts.map(|part| percentile(&self.latencies_us, part) / 1_000.0)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^52")]
fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank lies between 1 and a count far below 2^52"
)]
fn percentile(sorted: &[u32], part: f64) -> f64 {
    let rank = (sorted.len() as f64 * part).ceil().max(1.0) as usize;
    sorted.get(rank - 1).copied().map_or(f64::NAN, f64::from)
}

/// Runs one connection for each of `connections`: `warm_up` uncounted, then `measured`. The first answer with a status
/// that isn't expected ends the load as an error.
pub(crate) async fn run<R>(
    address: SocketAddr,
    connections: Vec<R>,
    warm_up: Duration,
    measured: Duration,
) -> anyhow::Result<Achieved>
where
    R: Requests + Send + 'static,
{
    let start = Instant::now() + warm_up;
    let end = start + measured;
    let mut running = JoinSet::new();
    for requests in connections {
        running.spawn(connection(address, requests, start, end));
    }
    let mut achieved = Achieved { latencies_us: Vec::new(), measured };
    let all = async {
        while let Some(one) = running.join_next().await {
            achieved.latencies_us.append(&mut one??);
        }
        anyhow::Ok(())
    };
    // One timer for all: one for each request would cost the client a part of what it measures.
    tokio::time::timeout(warm_up + measured + PATIENCE, all).await.context("a request got no answer")??;
    ensure!(!achieved.latencies_us.is_empty(), "no request was answered in {measured:?}");
    Ok(achieved)
}

async fn connection(
    address: SocketAddr,
    mut requests: impl Requests,
    start: Instant,
    end: Instant,
) -> anyhow::Result<Vec<u32>> {
    let mut client = Client::connect(address).await?;
    let expected = requests.expected();
    let mut latencies = Vec::new();
    let mut sent = Instant::now();
    while sent < end {
        client.exchange_for(expected, requests.next()).await?;
        let answered = Instant::now();
        if answered >= start && answered < end {
            latencies.push(u32::try_from((answered - sent).as_micros()).unwrap_or(u32::MAX));
        }
        sent = answered;
    }
    Ok(latencies)
}

/// One keep-alive connection.
pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    /// Connects without Nagle's delay.
    pub(crate) async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.context("can't connect")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(BUFFER) })
    }

    /// Sends a request and returns the body of its answer, which must be 200.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<&[u8]> {
        self.exchange_for(200, request).await
    }

    /// As `exchange`, for requests whose answer has another status.
    pub(crate) async fn exchange_for(&mut self, expected: u16, request: &[u8]) -> anyhow::Result<&[u8]> {
        let (status, body) = self.ask(request).await?;
        if status != expected {
            let shown = String::from_utf8_lossy(&body[..body.len().min(SHOWN)]);
            bail!("a request was answered {status}: {shown}");
        }
        Ok(body)
    }

    /// Sends a request and returns status and body of its answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<(u16, &[u8])> {
        let answer = self.answer_to(request).await?;
        Ok((answer.status, &self.buffer[answer.body..answer.length]))
    }

    async fn answer_to(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.stream.write_all(request).await.context("can't send")?;
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await.context("can't receive")?;
            ensure!(read > 0, "the server closed the connection before it answered");
            if let Some(answer) = answer::parse(&self.buffer)? {
                ensure!(answer.length == self.buffer.len(), "the server sent more than its answer");
                return Ok(answer);
            }
        }
    }
}

#[cfg(test)]
mod tests;
