//! What the gateway costs: the same GET to a service, directly and through it. A measurement and not a check, so it runs
//! only when asked for: `cargo test --release -p gateway --test it -- --ignored --nocapture overhead`.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::gate::Gate;
use crate::upstream::Echo;

const REQUESTS: usize = 5_000;

/// Sends requests one after the other over one connection; gives how long each took.
async fn client(address: SocketAddr, token: String) -> Vec<Duration> {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.set_nodelay(true).unwrap();
    let request = format!("GET /support/tickets HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {token}\r\n\r\n");
    let (mut buffer, mut times) = (vec![0; 16 * 1024], Vec::with_capacity(REQUESTS));
    for _ in 0..REQUESTS {
        let began = Instant::now();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut filled = 0;
        // The echo's answer is one JSON object, small enough to come at once; no head ends with a brace.
        while filled == 0 || buffer[filled - 1] != b'}' {
            let read = socket.read(&mut buffer[filled..]).await.unwrap();
            assert!(read > 0, "the connection ended");
            filled += read;
        }
        assert!(buffer.starts_with(b"HTTP/1.1 200 "));
        times.push(began.elapsed());
    }
    times
}

async fn measure(name: &str, address: SocketAddr, clients: usize, token: &str) {
    let began = Instant::now();
    let running = (0..clients).map(|_| tokio::spawn(client(address, token.to_owned())));
    let mut times = Vec::new();
    for client in futures_util::future::join_all(running).await {
        times.extend(client.unwrap());
    }
    let rate = times.len() as f64 / began.elapsed().as_secs_f64();
    times.sort_unstable();
    let (half, most) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!("{name}, {clients} clients: {rate:.0} requests/s, p50 {half:?}, p99 {most:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: run it in release, on a machine that is free"]
async fn overhead_of_a_small_read() {
    let echo = Echo::start().await;
    let gate = Gate::with(&[("loan-support", &echo.url)], &[("HTTP__WORKERS", "2")]).await;
    let direct = echo.url.trim_start_matches("http://").parse().unwrap();
    let token = gate.token("user_1");
    for clients in [1, 16] {
        measure("direct", direct, clients, &token).await;
        measure("gateway", gate.address, clients, &token).await;
    }
}
