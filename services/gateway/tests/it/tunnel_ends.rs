//! How tunnels end, and what they hold while one end is slow.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::gate::{DEADLINE, Gate};
use crate::sockets::{Helpdesk, SOCKET, agree, hear, pair, request_head};
use crate::upstream::{Bare, read_head, read_rest};

const HELPDESK: &str = "helpdesk-conversation";
/// How soon one end learns that the other has gone.
const SOON: Duration = Duration::from_secs(1);
/// The server waits up to a second for a client to close, too, before it closes a connection itself.
const SOON_FOR_CLIENTS: Duration = Duration::from_millis(1_500);
/// How much an end tries to send to one that does not read.
const FLOOD: usize = 100 * 1024 * 1024;
/// What all socket buffers on the way take together, at Linux's limits, with room to spare; the gateway adds a fraction of
/// a megabyte.
const HELD: usize = 40 * 1024 * 1024;

/// A tunnel of which the test decides every byte at both ends.
async fn raw_pair(gate: &Gate, bare: &Bare) -> (TcpStream, TcpStream) {
    let mut client = TcpStream::connect(gate.address).await.unwrap();
    client.write_all(request_head(SOCKET, "").as_bytes()).await.unwrap();
    let mut service = bare.accept().await;
    read_head(&mut service).await;
    agree(&mut service).await;
    assert!(read_head(&mut client).await.starts_with("HTTP/1.1 101 "));
    (client, service)
}

async fn bare_gate() -> (Bare, Gate) {
    let bare = Bare::start().await;
    let gate = Gate::to(&[(HELPDESK, &bare.url)]).await;
    (bare, gate)
}

#[tokio::test]
async fn a_client_that_is_cut_off_ends_the_service_s_side() {
    let (bare, gate) = bare_gate().await;
    for reset in [false, true] {
        let (client, mut service) = raw_pair(&gate, &bare).await;
        if reset {
            client.set_zero_linger().unwrap();
        }
        drop(client);
        assert!(timeout(SOON, read_rest(&mut service)).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_service_that_is_cut_off_ends_the_client_s_side() {
    let (bare, gate) = bare_gate().await;
    for reset in [false, true] {
        let (mut client, service) = raw_pair(&gate, &bare).await;
        if reset {
            service.set_zero_linger().unwrap();
        }
        drop(service);
        assert!(timeout(SOON_FOR_CLIENTS, read_rest(&mut client)).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn an_end_that_only_stops_sending_ends_both_after_its_last_bytes() {
    let (bare, gate) = bare_gate().await;
    let (mut client, mut service) = raw_pair(&gate, &bare).await;
    client.write_all(b"last words").await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(timeout(SOON, read_rest(&mut service)).await.unwrap(), b"last words");
    assert!(timeout(SOON_FOR_CLIENTS, read_rest(&mut client)).await.unwrap().is_empty());

    let (mut client, mut service) = raw_pair(&gate, &bare).await;
    service.write_all(b"last words").await.unwrap();
    service.shutdown().await.unwrap();
    assert_eq!(timeout(SOON_FOR_CLIENTS, read_rest(&mut client)).await.unwrap(), b"last words");
    assert!(timeout(SOON, read_rest(&mut service)).await.unwrap().is_empty());
}

/// Sends until everything is sent or nothing has been taken for a second.
async fn flood(mut end: impl tokio::io::AsyncWrite + Unpin, taken: Arc<AtomicUsize>) {
    let piece = vec![b'x'; 64 * 1024];
    while taken.load(Ordering::SeqCst) < FLOOD {
        let rest = piece.len().min(FLOOD - taken.load(Ordering::SeqCst));
        match end.write(&piece[..rest]).await {
            Ok(written) => taken.fetch_add(written, Ordering::SeqCst),
            Err(_) => return,
        };
    }
}

/// Waits until nothing more is taken, and says how much was.
async fn stalled(taken: &AtomicUsize) -> usize {
    let mut before = usize::MAX;
    let mut look = tokio::time::interval(SOON);
    loop {
        look.tick().await;
        let now = taken.load(Ordering::SeqCst);
        if now == before && now > 0 {
            return now;
        }
        before = now;
    }
}

async fn read_all_of_the_flood(mut end: impl tokio::io::AsyncRead + Unpin) {
    let (mut buffer, mut read) = (vec![0; 256 * 1024], 0);
    while read < FLOOD {
        let more = timeout(DEADLINE, end.read(&mut buffer)).await.unwrap().unwrap();
        assert!(more > 0 && buffer[..more].iter().all(|byte| *byte == b'x'));
        read += more;
    }
    assert_eq!(read, FLOOD);
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_the_service_back_and_loses_nothing() {
    let (bare, gate) = bare_gate().await;
    let (client, service) = raw_pair(&gate, &bare).await;
    let taken = Arc::new(AtomicUsize::new(0));
    // The halves together: only a write error may end the flood.
    let flooding = tokio::spawn(flood(service, Arc::clone(&taken)));
    let held = stalled(&taken).await;
    assert!(held < HELD, "{held} bytes were taken for a client that reads nothing");
    read_all_of_the_flood(client).await;
    flooding.await.unwrap();
}

#[tokio::test]
async fn a_service_that_does_not_read_holds_the_client_back_and_loses_nothing() {
    let (bare, gate) = bare_gate().await;
    let (client, service) = raw_pair(&gate, &bare).await;
    let taken = Arc::new(AtomicUsize::new(0));
    let (_client_reads, client_writes) = client.into_split();
    let flooding = tokio::spawn(flood(client_writes, Arc::clone(&taken)));
    let held = stalled(&taken).await;
    assert!(held < HELD, "{held} bytes were taken for a service that reads nothing");
    let (service_reads, _service_writes) = service.into_split();
    read_all_of_the_flood(service_reads).await;
    flooding.await.unwrap();
}

#[tokio::test]
async fn a_client_that_leaves_while_it_is_behind_ends_the_service_s_side() {
    let bare = Bare::start().await;
    let gate = Gate::to(&[(HELPDESK, &bare.url)]).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut client = socket.connect(gate.address).await.unwrap();
    client.write_all(request_head(SOCKET, "").as_bytes()).await.unwrap();
    let mut service = bare.accept().await;
    read_head(&mut service).await;
    agree(&mut service).await;
    let taken = Arc::new(AtomicUsize::new(0));
    let flooding = tokio::spawn(flood(service, Arc::clone(&taken)));
    stalled(&taken).await;
    drop(client);
    timeout(SOON, flooding).await.unwrap().unwrap();
    assert!(taken.load(Ordering::SeqCst) < FLOOD);
}

#[tokio::test]
async fn a_stop_lets_the_service_say_goodbye_and_then_cuts() {
    let mut helpdesk = Helpdesk::start().await;
    let gate = Gate::to(&[(HELPDESK, &helpdesk.url)]).await;
    let (mut polite, mut says_goodbye) = pair(&gate, &mut helpdesk).await;
    let (mut left, mut says_nothing) = pair(&gate, &mut helpdesk).await;
    let began = Instant::now();
    let stopping = tokio::spawn(gate.stop());
    let goodbye = CloseFrame { code: CloseCode::Away, reason: "".into() };
    says_goodbye.close(Some(goodbye.clone())).await.unwrap();
    assert_eq!(hear(&mut polite).await, Message::Close(Some(goodbye)));
    // The other one is cut in the middle of everything.
    says_nothing.send(Message::text("still here")).await.unwrap();
    assert_eq!(hear(&mut left).await, Message::text("still here"));
    assert!(timeout(DEADLINE, says_nothing.next()).await.unwrap().is_none_or(|end| end.is_err()));
    assert!(timeout(DEADLINE, left.next()).await.unwrap().is_none_or(|end| end.is_err()));
    timeout(DEADLINE, stopping).await.unwrap().unwrap();
    let took = began.elapsed();
    assert!(took > SOON && took < Duration::from_secs(5), "{took:?}");
}
