//! One WebSocket: the upgrade, and the task that reads, answers, keeps alive and ends it.
//!
//! Everything of a socket happens in one task, one thing after another. So answers come in the order of the requests,
//! and the answer to a message comes before the message itself.

use std::pin::pin;
use std::time::Duration;

use actix_web::body::BodyStream;
use actix_web::{FromRequest as _, HttpRequest, HttpResponse, web as actix};
use bytes::Bytes;
use chrono::TimeDelta;
use conversation::wire::CloseCode;
use futures_util::StreamExt as _;
use metrics::gauge;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::LiveConfig;
use super::frame::{self, Binary, Decoder, Heard};
use super::hub::Admission;
use super::outbox::{Outbox, outbox};
use crate::error::Error;

/// Longer than a connection lasts, and not too long to count with.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// How long a connection that ends may take to say so to the database.
const GOODBYE: Duration = Duration::from_secs(1);

/// What is said over a connection.
pub(super) trait Talk {
    /// What is done with binary messages.
    const BINARY: Binary;

    /// The connection is there.
    async fn opened(&mut self, out: &mut Outbox) -> Result<(), CloseCode>;

    /// The client sent text.
    fn text(&mut self) -> Result<(), CloseCode>;

    /// The client sent a binary message.
    async fn binary(&mut self, message: Bytes, out: &mut Outbox) -> Result<(), CloseCode>;

    /// Resolves when there may be something new. Dropped and called again at any time.
    async fn woken(&mut self);

    /// Sends what is new.
    async fn send_new(&mut self, out: &mut Outbox) -> Result<(), CloseCode>;

    /// Time has passed: as often as the client is pinged.
    async fn stay(&mut self);

    /// The connection is gone.
    async fn closed(self);
}

/// An upgrade that was asked for.
pub(super) struct Upgrade {
    response: HttpResponse,
    payload: actix::Payload,
}

/// How long a connection lasts.
#[derive(Debug)]
pub(super) struct Lifetime {
    pub(super) config: LiveConfig,
    /// Until the caller's token expires.
    pub(super) token: TimeDelta,
    /// Cancelled when the process stops.
    pub(super) stop: CancellationToken,
    /// The user's place, until the connection is gone.
    pub(super) admission: Admission,
}

impl Upgrade {
    /// Whether the request is the start of a WebSocket. Nothing is sent yet.
    pub(super) async fn of(request: &HttpRequest, payload: actix::Payload) -> Result<Self, Error> {
        // Only the handshake is used; the payload is read, and the answer's body written, by our own frames.
        let nothing = actix::Payload::extract(request).await.map_err(|_| Error::UpgradeRequired)?;
        let (response, _, _) = actix_ws::handle(request, nothing).map_err(|_| Error::UpgradeRequired)?;
        Ok(Self { response, payload })
    }

    /// Says yes and starts to talk.
    pub(super) fn accept<T: Talk + 'static>(self, talk: T, lifetime: Lifetime) -> HttpResponse {
        let (out, outgoing) = outbox();
        let incoming = Incoming { payload: self.payload, decoder: Decoder::new(T::BINARY) };
        actix_web::rt::spawn(run(talk, incoming, out, lifetime));
        self.response.set_body(BodyStream::new(outgoing)).map_into_boxed_body()
    }
}

/// What the client sends.
struct Incoming {
    payload: actix::Payload,
    decoder: Decoder,
}

impl Incoming {
    /// The next thing; `None` if the client is gone. Nothing is lost if the future is dropped.
    async fn next(&mut self) -> Option<Result<Heard, CloseCode>> {
        loop {
            if let Some(heard) = self.decoder.next().transpose() {
                return Some(heard);
            }
            let bytes = self.payload.next().await?.ok()?;
            self.decoder.feed(&bytes);
        }
    }
}

/// How a connection ends.
enum End {
    /// With this code.
    Say(Option<u16>),
    /// Without a word: the client is gone.
    Gone,
}

impl From<CloseCode> for End {
    fn from(code: CloseCode) -> Self {
        Self::Say(Some(code.number()))
    }
}

async fn run<T: Talk>(mut talk: T, incoming: Incoming, mut out: Outbox, lifetime: Lifetime) {
    let _counted = Counted::one();
    let end = converse(&mut talk, incoming, &mut out, &lifetime).await;
    // First, so that whoever sees the end of the connection finds it ended everywhere.
    let _ = tokio::time::timeout(GOODBYE, talk.closed()).await;
    drop(lifetime.admission);
    if let Err(End::Say(code)) = end {
        out.close(code);
    }
}

/// Counts a connection as long as it lasts.
struct Counted;

impl Counted {
    fn one() -> Self {
        gauge!(telemetry::names::LIVE_CONNECTIONS, "service" => "helpdesk-conversation").increment(1.0);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        gauge!(telemetry::names::LIVE_CONNECTIONS, "service" => "helpdesk-conversation").decrement(1.0);
    }
}

async fn converse<T: Talk>(
    talk: &mut T,
    mut incoming: Incoming,
    out: &mut Outbox,
    lifetime: &Lifetime,
) -> Result<(), End> {
    let ping_every = Duration::from_millis(lifetime.config.ping_interval_ms);
    let silence_limit = Duration::from_millis(lifetime.config.silence_limit_ms);
    let began = Instant::now();
    let (mut ping_at, mut silent_at) = (began + ping_every, began + silence_limit);
    let token = lifetime.token.to_std().unwrap_or(Duration::ZERO).min(FOR_EVER);
    let mut expires = pin!(sleep_until(began + token));
    talk.opened(out).await?;
    loop {
        tokio::select! {
            () = lifetime.stop.cancelled() => return Err(CloseCode::GoingAway.into()),
            () = expires.as_mut() => return Err(CloseCode::TokenExpired.into()),
            () = sleep_until(silent_at) => return Err(CloseCode::Internal.into()),
            () = sleep_until(ping_at) => {
                ping_at += ping_every;
                out.push(frame::ping())?;
                talk.stay().await;
            }
            () = talk.woken() => talk.send_new(out).await?,
            heard = incoming.next() => {
                silent_at = Instant::now() + silence_limit;
                match heard.ok_or(End::Gone)?? {
                    Heard::Binary(message) => talk.binary(message, out).await?,
                    Heard::Text => talk.text()?,
                    Heard::Ping(payload) => out.push(frame::pong(&payload))?,
                    Heard::Pong => {}
                    Heard::Close(code) => return Err(End::Say(code)),
                }
            }
        }
        // A client may ask a lot at once; one that reads is not slow.
        if out.is_long() {
            out.settle().await;
        }
    }
}
