//! A stream that gives up on a server that does not answer.
//!
//! PostgreSQL ends a statement that takes too long, but only PostgreSQL: if it stands still, or the network swallows
//! what it says, nobody else ends the wait. A reader of events would hold its queue for ever. So what was asked and not
//! answered in time fails like a connection that broke.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A stream whose reads fail once something was written and nothing came back for a while. Silence while nothing is
/// asked is fine.
pub(super) struct Patient<S> {
    stream: S,
    patience: Duration,
    /// When patience ends, if an answer is due.
    end: Pin<Box<Sleep>>,
    is_due: bool,
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S, patience: Duration) -> Self {
        Self { stream, patience, end: Box::pin(sleep(patience)), is_due: false }
    }

    /// Something was written. The timer is asked at once: the next read may only be asked for when it wakes us.
    fn wait_from_now(&mut self, context: &mut Context<'_>) {
        if !self.is_due {
            self.is_due = true;
            self.end.as_mut().reset(Instant::now() + self.patience);
            let _just_set = self.end.as_mut().poll(context);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        match Pin::new(&mut this.stream).poll_read(context, buffer) {
            Poll::Ready(result) => {
                this.is_due = false;
                Poll::Ready(result)
            }
            Poll::Pending if this.is_due && this.end.as_mut().poll(context).is_ready() => {
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the database does not answer")))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.wait_from_now(context);
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::timeout;

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(60);

    #[tokio::test]
    async fn what_is_not_answered_in_time_fails() {
        let (client, _server) = duplex(1024);
        let mut client = Patient::new(client, PATIENCE);
        client.write_all(b"SELECT 1").await.unwrap();
        let began = Instant::now();
        let read = timeout(PATIENCE * 50, client.read_u8()).await.unwrap();
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(began.elapsed() >= PATIENCE / 2, "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn silence_while_nothing_is_asked_is_no_failure() {
        let (client, mut server) = duplex(1024);
        let mut client = Patient::new(client, PATIENCE);
        assert!(timeout(PATIENCE * 3, client.read_u8()).await.is_err(), "nobody asked, so nobody is late");
        client.write_all(b"SELECT 1").await.unwrap();
        server.write_all(b"a").await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), b'a');
        assert!(timeout(PATIENCE * 3, client.read_u8()).await.is_err(), "the answer came");
    }
}
