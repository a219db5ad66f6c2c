//! A request's body on its way to a service.
//!
//! A small body of known length is read first and sent as one buffer: that is nearly every request, and it can be sent
//! again. Any other is streamed, counted as it passes. The server's payload cannot leave its thread, so a task pumps it
//! into a bounded channel. The channel's end alone proves nothing (the client may be gone), hence `Piece::End`: without it
//! the call is broken off, so that no service ever takes half a body for a whole one.

use std::io;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use actix_web::rt::task::JoinHandle;
use actix_web::web::Payload;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;
use web::Fault;

/// Largest body that is read as a whole: above that, copying costs more than streaming.
pub(crate) const WHOLE_BYTES: u64 = 64 * 1024;
/// Pieces of a streamed body that wait for the service, each up to 64 KiB.
const PIECES: usize = 4;
/// How long either end may stall in the middle of a body.
const STALL: Duration = Duration::from_secs(30);

/// How long a streamed body may take altogether: 25 MiB at the 90 kB/s of a poor mobile connection.
const WHOLE_STREAM: Duration = Duration::from_secs(5 * 60);

/// How long a service may take to refuse a body that is announced as too large.
const EARLY_ANSWER: Duration = Duration::from_secs(2);

/// A request's body.
#[derive(Debug)]
pub(crate) enum Upload {
    /// All of it, perhaps nothing.
    Whole(Bytes),
    /// The rest is still to come.
    Streamed {
        /// Where the service reads it from.
        body: reqwest::Body,
        /// The `Content-Length`, if one was sent.
        length: Option<u64>,
        /// What feeds it.
        pump: Pump,
    },
}

/// The task that feeds a streamed body. Dropping it breaks the call off.
#[derive(Debug)]
pub(crate) struct Pump(JoinHandle<Result<(), Fault>>);

enum Piece {
    Chunk(Bytes),
    End,
}

impl Upload {
    /// Reads, or begins to stream, the body of a request.
    pub(crate) async fn of(request: &HttpRequest, payload: Payload, most: u64) -> Result<Self, Fault> {
        let headers = request.headers();
        let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        let chunked = headers.contains_key(TRANSFER_ENCODING);
        match length {
            Some(length) if length > most => Ok(Self::announced_too_large(length)),
            None | Some(0) if !chunked => Ok(Self::Whole(Bytes::new())),
            Some(length) if length <= WHOLE_BYTES && !chunked => whole(payload, length).await.map(Self::Whole),
            _ => {
                let length = length.filter(|_| !chunked);
                let (sender, receiver) = channel(PIECES);
                let pump = Pump(actix_web::rt::spawn(async move {
                    timeout(WHOLE_STREAM, feed(payload, sender, most)).await.unwrap_or_else(|_| Err(incomplete()))
                }));
                Ok(Self::Streamed { body: reqwest::Body::wrap_stream(pieces(receiver)), length, pump })
            }
        }
    }
}

impl Upload {
    /// Whether the body is still coming.
    pub(crate) fn is_streamed(&self) -> bool {
        matches!(self, Self::Streamed { .. })
    }

    /// Nothing of the body is sent: the service sees what is announced and answers, 413 unless something comes before
    /// that in the order of checks (contracts, README 3.13). If it says nothing, we say 413.
    fn announced_too_large(length: u64) -> Self {
        let nothing = stream::pending::<io::Result<Bytes>>();
        let pump = Pump(actix_web::rt::spawn(async {
            tokio::time::sleep(EARLY_ANSWER).await;
            Err(Fault::TooLarge)
        }));
        Self::Streamed { body: reqwest::Body::wrap_stream(nothing), length: Some(length), pump }
    }
}

impl Pump {
    /// Waits until all is fed, or says why it cannot be.
    pub(crate) async fn finished(&mut self) -> Result<(), Fault> {
        (&mut self.0).await.unwrap_or_else(|error| Err(Fault::Internal(error.to_string())))
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn incomplete() -> Fault {
    Fault::BadRequest("malformed JSON".to_owned())
}

async fn whole(mut payload: Payload, length: u64) -> Result<Bytes, Fault> {
    let length = usize::try_from(length).map_err(|_| Fault::TooLarge)?;
    let read = async {
        let first = payload.next().await.and_then(Result::ok).ok_or_else(incomplete)?;
        if first.len() == length {
            return Ok(first);
        }
        let mut bytes = BytesMut::with_capacity(length);
        bytes.extend_from_slice(&first);
        while bytes.len() < length {
            let chunk = payload.next().await.and_then(Result::ok).ok_or_else(incomplete)?;
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    };
    timeout(STALL, read).await.unwrap_or_else(|_| Err(incomplete()))
}

async fn feed(mut payload: Payload, sender: Sender<Piece>, most: u64) -> Result<(), Fault> {
    let mut passed = 0_u64;
    loop {
        let chunk = timeout(STALL, payload.next()).await.map_err(|_| incomplete())?;
        let piece = match chunk {
            None => Piece::End,
            Some(chunk) => Piece::Chunk(chunk.map_err(|_| incomplete())?),
        };
        let is_end = matches!(piece, Piece::End);
        if let Piece::Chunk(chunk) = &piece {
            passed += chunk.len() as u64;
            if passed > most {
                return Err(Fault::TooLarge);
            }
        }
        let sent = timeout(STALL, sender.send(piece)).await;
        let sent = sent.map_err(|_| Fault::TimedOut("the service stopped reading".to_owned()))?;
        // A service that has read enough answers; its answer says why.
        if is_end || sent.is_err() {
            return Ok(());
        }
    }
}

fn pieces(receiver: Receiver<Piece>) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    stream::unfold(Some(receiver), async |state| {
        let mut receiver = state?;
        match receiver.recv().await {
            Some(Piece::Chunk(chunk)) => Some((Ok(chunk), Some(receiver))),
            Some(Piece::End) => None,
            None => Some((Err(io::ErrorKind::BrokenPipe.into()), None)),
        }
    })
}
