//! A stream that gives up on a server that does not answer.
//!
//! PostgreSQL ends a statement that takes too long, but only PostgreSQL: if it stands still, or the network swallows
//! what it says, nobody else ends the wait. A reader of events would hold its queue for ever. So what was asked and not
//! answered in time fails like a connection that broke. An answer may stop half-way too: the wait ends with the message
//! in which the server says that it is done, and each byte before it only starts the time anew.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::frames::{Frames, STARTUP};

/// The server is done with what it was asked, and ready for more.
const READY_FOR_QUERY: u8 = b'Z';
/// After these the server says that it is ready: a simple query, the end of an extended one, a function call.
const ASKS: [u8; 3] = [b'Q', b'S', b'F'];
/// A password (which belongs to the startup that is answered), and goodbye.
const ASKS_NOTHING: [u8; 2] = [b'p', b'X'];

/// A stream whose reads fail when the server owes an answer and is silent for too long. Silence while nothing is asked is
/// fine.
pub(super) struct Patient<S> {
    stream: S,
    /// Wait for ever if there is none.
    patience: Option<Duration>,
    owed: Owed,
    /// When the wait began, or something was last heard.
    heard: Instant,
    /// Looks after the wait. It is set when it is not, and not at every question: that costs more than one vain look.
    timer: Pin<Box<Sleep>>,
    is_timer_set: bool,
}

/// What the server owes.
struct Owed {
    sent: Frames,
    received: Frames,
    /// Questions without an answer.
    answers: u32,
    /// Whether something was sent that belongs to a question whose end was not.
    is_asking: bool,
}

impl Owed {
    fn sent(&mut self, bytes: &[u8]) {
        let (answers, is_asking) = (&mut self.answers, &mut self.is_asking);
        self.sent.pass(bytes, |kind| {
            let is_question = kind == STARTUP || ASKS.contains(&kind);
            *answers += u32::from(is_question);
            *is_asking = !is_question && !ASKS_NOTHING.contains(&kind);
        });
        self.is_asking |= !self.sent.is_between_messages();
    }

    fn received(&mut self, bytes: &[u8]) {
        let answers = &mut self.answers;
        self.received.pass(bytes, |kind| *answers = answers.saturating_sub(u32::from(kind == READY_FOR_QUERY)));
    }

    fn is_something(&self) -> bool {
        self.answers > 0 || self.is_asking
    }
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S, patience: Option<Duration>) -> Self {
        let owed = Owed { sent: Frames::of_client(), received: Frames::of_server(), answers: 0, is_asking: false };
        let timer = Box::pin(sleep(patience.unwrap_or_default()));
        Self { stream, patience, owed, heard: Instant::now(), timer, is_timer_set: false }
    }

    /// Sets the timer. It is asked at once: the next read may only be asked for when it wakes us.
    fn wait_until(&mut self, end: Instant, context: &mut Context<'_>) {
        self.timer.as_mut().reset(end);
        self.is_timer_set = self.timer.as_mut().poll(context).is_pending();
    }

    /// Something is about to be written. Also if the stream does not take it: the server does not read then.
    fn wait_from_now(&mut self, context: &mut Context<'_>) {
        let Some(patience) = self.patience else { return };
        if !self.owed.is_something() {
            self.heard = Instant::now();
        }
        if !self.is_timer_set {
            self.wait_until(self.heard + patience, context);
        }
    }

    /// Whether patience ended; if it did not, the timer is set to look again.
    fn is_too_late(&mut self, context: &mut Context<'_>) -> bool {
        let Some(patience) = self.patience else { return false };
        if !self.is_timer_set || self.timer.as_mut().poll(context).is_pending() {
            return false;
        }
        self.is_timer_set = false;
        if !self.owed.is_something() {
            return false;
        }
        let end = self.heard + patience;
        if Instant::now() >= end {
            return true;
        }
        self.wait_until(end, context);
        false
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(context, buffer) {
            Poll::Ready(result) => {
                if this.patience.is_some() {
                    this.owed.received(buffer.filled().get(before..).unwrap_or_default());
                    this.heard = Instant::now();
                }
                Poll::Ready(result)
            }
            Poll::Pending if this.is_too_late(context) => {
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the database does not answer")))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.wait_from_now(context);
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        match &written {
            Poll::Ready(Ok(count)) if this.patience.is_some() => {
                this.owed.sent(bytes.get(..*count).unwrap_or_default());
            }
            // What waits to be sent is part of a question.
            Poll::Pending => this.owed.is_asking = true,
            Poll::Ready(_) => {}
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
