//! WebSockets: after the service's 101 both ends speak freely, and the gateway carries their bytes without reading them.
//!
//! Each open tunnel is one task, which owns the connection to the service, so that whatever ends the task ends that
//! connection. Towards the client it feeds a short queue, from which the server takes as fast as the client reads; so a
//! client that does not read stops the reading from the service, and the other way round.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::body::{BodyStream, BoxBody};
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE};
use actix_web::http::{Method, StatusCode, Version};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use bytes::{Bytes, BytesMut};
use chassis::Job;
use futures_util::{FutureExt as _, Stream, StreamExt as _, stream};
use metrics::{counter, gauge};
use reqwest::{Response, Upgraded};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use web::Fault;

use crate::headers;

/// Most tunnels at once, over all workers. Each takes two file descriptors and about 40 KiB, 100 KiB if its client does not
/// read, 0.5 MiB if its service does not: 10,000 stay below the usual limit of 65,536 descriptors and, quiet as
/// conversations are, below 0.5 GB.
pub(crate) const MAX_TUNNELS: usize = 10_000;
/// Most bytes read from the service at once: a few messages of a conversation.
const PIECE_BYTES: usize = 8 * 1024;
/// A buffer with less room than this is replaced by a new one.
const SMALLEST_READ: usize = 1024;
/// Pieces that wait for the client; behind them the sockets' own buffers do.
const PIECES: usize = 2;
/// How long the service may speak on after the client has stopped to. A service whose caller has gone has nothing to say
/// that anybody hears; this is only for it to read what came last.
const AFTER_CLIENT: Duration = Duration::from_millis(500);
/// How long services have, once the process stops, to say goodbye (1001) on their sockets. With the second after which the
/// server gives up on a client that does not close, half of what a stop allows requests.
const GOODBYE: Duration = Duration::from_secs(2);
/// How often to look whether the process stops.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The open tunnels of all workers.
#[derive(Debug)]
pub(crate) struct Tunnels {
    places: Arc<Semaphore>,
    cut: Arc<Notify>,
}

/// A place for one tunnel, counted until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    cut: Arc<Notify>,
    _permit: OwnedSemaphorePermit,
}

impl Tunnels {
    pub(crate) fn new(most: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(most)), cut: Arc::new(Notify::new()) }
    }

    /// A place, or 503.
    pub(crate) fn enter(&self) -> Result<Place, Fault> {
        let permit = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            counter!(telemetry::names::SHED_TOTAL, "service" => "gateway").increment(1);
            Fault::Unavailable("as many tunnels are open as may be".to_owned())
        })?;
        gauge!(telemetry::names::TUNNELS_OPEN, "service" => "gateway").increment(1.0);
        Ok(Place { cut: Arc::clone(&self.cut), _permit: permit })
    }

    /// Ends the tunnels that are open, not those that are opened later: a process that has lost its readiness and goes on
    /// all the same still takes new ones.
    fn cut(&self) {
        self.cut.notify_waiters();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        gauge!(telemetry::names::TUNNELS_OPEN, "service" => "gateway").decrement(1.0);
    }
}

/// Whether a request asks for a WebSocket. Exactly if it does, the server hands on all that follows the head as the
/// request's body; a request that has a body of its own is none of these.
pub(crate) fn is_wanted(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let websocket = |value: &str| value.trim().eq_ignore_ascii_case("websocket");
    request.method() == Method::GET
        && request.version() == Version::HTTP_11
        && request.head().upgrade()
        && headers.get_all(UPGRADE).any(|value| value.to_str().is_ok_and(websocket))
        && !headers.contains_key(CONTENT_LENGTH)
        && !headers.contains_key(TRANSFER_ENCODING)
}

/// Opens the tunnel that a service has agreed to with 101.
pub(crate) async fn open(
    mut agreed: Response,
    payload: Payload,
    place: Place,
    patience: Duration,
) -> Result<HttpResponse, Fault> {
    let head = std::mem::take(agreed.headers_mut());
    let upgraded = timeout(patience, agreed.upgrade()).await;
    let upgraded = upgraded.map_err(|_| Fault::TimedOut("the service agreed to an upgrade and stalled".to_owned()))?;
    let upgraded = upgraded.map_err(|_| Fault::Unavailable("the service agreed to no upgrade of ours".to_owned()))?;
    let (sender, receiver) = channel(PIECES);
    actix_web::rt::spawn(carry(upgraded, payload, sender, place));
    let mut answer = HttpResponse::build(StatusCode::SWITCHING_PROTOCOLS).upgrade("websocket").finish();
    headers::for_client(&head, answer.headers_mut(), false);
    Ok(answer.set_body(BoxBody::new(BodyStream::new(pieces(receiver)))))
}

/// Carries bytes both ways until either end has gone or the tunnel is cut.
async fn carry(upgraded: Upgraded, payload: Payload, sender: Sender<Bytes>, place: Place) {
    let (from_service, mut to_service) = tokio::io::split(upgraded);
    let down = to_client(from_service, &sender);
    tokio::pin!(down);
    let client_has_stopped = tokio::select! {
        _ = &mut down => false,
        written = from_client(payload, &mut to_service) => written.is_ok(),
        () = sender.closed() => false,
        () = place.cut.notified() => false,
    };
    if client_has_stopped && to_service.shutdown().await.is_ok() {
        // The service may take its time; the client, if it listens, does not wait longer than this.
        let _ = timeout(AFTER_CLIENT, down).await;
    }
}

/// Ends with the service's bytes, or when nobody takes them any more.
async fn to_client(mut service: impl AsyncRead + Unpin, sender: &Sender<Bytes>) -> io::Result<()> {
    let mut buffer = BytesMut::new();
    loop {
        if buffer.capacity() < SMALLEST_READ {
            buffer.reserve(PIECE_BYTES);
        }
        if service.read_buf(&mut buffer).await? == 0 || sender.send(buffer.split().freeze()).await.is_err() {
            return Ok(());
        }
    }
}

/// Ends when the client closes its connection or, with an error, when the service takes no more.
async fn from_client(mut payload: Payload, service: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    // Closed by the client is an error to the server: a body that ends only with the connection is never complete.
    while let Some(Ok(bytes)) = payload.next().await {
        service.write_all(&bytes).await?;
        service.flush().await?;
    }
    Ok(())
}

/// What waits for the client. It always ends as if complete: how a conversation ended is said inside it.
fn pieces(receiver: Receiver<Bytes>) -> impl Stream<Item = Result<Bytes, io::Error>> {
    stream::unfold(receiver, async |mut receiver| receiver.recv().await.map(|piece| (Ok(piece), receiver)))
}

/// Cuts the tunnels when the process stops. The services behind it say goodbye first, so it waits a moment; without this
/// the server would wait for every open tunnel, as for any request, until its time is up.
pub(crate) fn cut_at_stop(tunnels: Arc<Tunnels>, serving: Arc<AtomicBool>) -> Job {
    let run = |stop: CancellationToken| {
        async move {
            let watch = async {
                loop {
                    becomes(&serving, true).await;
                    becomes(&serving, false).await;
                    sleep(GOODBYE).await;
                    tunnels.cut();
                }
            };
            tokio::select! { () = watch => {}, () = stop.cancelled() => {} }
        }
        .boxed()
    };
    Job { name: "cut tunnels at stop", run: Box::new(run) }
}

async fn becomes(serving: &AtomicBool, wanted: bool) {
    while serving.load(Ordering::Acquire) != wanted {
        sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn above_the_bound_tunnels_are_refused_until_one_ends() {
        let tunnels = Tunnels::new(2);
        let (first, _second) = (tunnels.enter().unwrap(), tunnels.enter().unwrap());
        assert!(matches!(tunnels.enter(), Err(Fault::Unavailable(_))));
        drop(first);
        assert!(tunnels.enter().is_ok());
    }

    #[tokio::test]
    async fn what_waits_for_the_client_is_bounded() {
        let (sender, mut receiver) = channel(PIECES);
        let endless = tokio::io::repeat(7);
        let feeding = to_client(endless, &sender);
        assert!(timeout(Duration::from_millis(50), feeding).await.is_err(), "it waits for the client");
        drop(sender);
        let mut waiting = 0;
        while let Some(piece) = receiver.recv().await {
            waiting += piece.len();
        }
        assert!(waiting > 0 && waiting <= PIECES * PIECE_BYTES, "{waiting}");
    }
}
