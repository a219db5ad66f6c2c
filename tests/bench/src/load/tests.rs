//! The load against a server of a few lines.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpListener;

use super::*;
use crate::requests::{Repeated, get};

/// Answers each request with the status that `status` chooses for its number, counted from 0.
async fn server(status: fn(usize) -> &'static str) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&served);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                let mut buffer = [0; 1024];
                while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                    let status = status(count.fetch_add(1, Ordering::Relaxed));
                    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 4\r\n\r\nbody");
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    (address, served)
}

fn connections(count: usize) -> Vec<Repeated> {
    (0..count).map(|first| Repeated::starting_at(vec![get("/", "t")], first)).collect()
}

#[tokio::test]
async fn only_what_is_answered_after_the_warm_up_counts() {
    let (address, served) = server(|_| "200 OK").await;
    let achieved = run(address, connections(4), Duration::from_millis(100), Duration::from_millis(100)).await.unwrap();
    let served = served.load(Ordering::Relaxed);
    let counted = achieved.latencies_us.len();
    assert!(counted > 4 && counted < served, "{counted} of {served}");
    assert!((achieved.rate() - rate(counted, Duration::from_millis(100))).abs() < f64::EPSILON);
}

#[tokio::test]
async fn one_answer_that_is_not_200_fails_the_load_and_is_shown() {
    let (address, _) = server(|number| if number == 50 { "429 Too Many Requests" } else { "200 OK" }).await;
    let error = run(address, connections(4), Duration::ZERO, PATIENCE).await.unwrap_err();
    assert_eq!(error.to_string(), "a request was answered 429: body");
}

#[tokio::test]
async fn a_server_that_hangs_up_fails_the_load() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { while listener.accept().await.is_ok() {} });
    assert!(run(address, connections(1), Duration::ZERO, PATIENCE).await.is_err());
}

#[test]
fn percentiles_are_latencies_that_were_measured() {
    let mut achieved = Achieved { latencies_us: (1..=1_000).rev().collect(), measured: Duration::from_secs(2) };
    let [half, most, all] = achieved.percentiles_ms([0.5, 0.99, 1.0]);
    assert_eq!(format!("{half} {most} {all} {}", achieved.rate()), "0.5 0.99 1 500");
}

#[test]
fn turns_add_up() {
    let turn = |latencies_us| Achieved { latencies_us, measured: Duration::from_secs(1) };
    let mut achieved = Achieved::default();
    achieved.add(turn(vec![1, 2, 3]));
    achieved.add(turn(vec![4]));
    assert_eq!(format!("{}", achieved.rate()), "2");
}
