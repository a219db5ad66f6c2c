//! What waits for a client to read it. The other end is the body of the upgrade's answer, which the HTTP server empties
//! as fast as the client's connection takes it.
//!
//! A client that does not read must not fill the memory: beyond the limits the queue is thrown away and the connection
//! ends. Both ends live on the same worker, so there is nothing to lock.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use conversation::wire::CloseCode;
use futures_util::Stream;
use tokio::sync::Notify;

use super::frame;

/// Most messages that may wait for a client (live protocol, 2.7).
const MAX_MESSAGES: usize = 1024;
/// Most bytes that may wait for a client (live protocol, 2.7).
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// So many messages wait without a reason to pause.
const FEW_MESSAGES: usize = 64;
/// So many bytes wait without a reason to pause.
const FEW_BYTES: usize = 1024 * 1024;
/// How long a writer gives the client between two batches. One that reads needs far less.
const BETWEEN_BATCHES: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Bytes>,
    bytes: usize,
    is_finished: bool,
    reader: Option<Waker>,
}

/// The end that is filled.
#[derive(Debug)]
pub(super) struct Outbox {
    queue: Rc<RefCell<Queue>>,
    emptied: Rc<Notify>,
}

/// The end that is emptied: the body of an HTTP answer.
#[derive(Debug)]
pub(super) struct Outgoing {
    queue: Rc<RefCell<Queue>>,
    emptied: Rc<Notify>,
}

/// Both ends of a new queue.
pub(super) fn outbox() -> (Outbox, Outgoing) {
    let (queue, emptied) = (Rc::default(), Rc::new(Notify::new()));
    (Outbox { queue: Rc::clone(&queue), emptied: Rc::clone(&emptied) }, Outgoing { queue, emptied })
}

impl Outbox {
    /// Adds a frame. An error if too much waits already.
    pub(super) fn push(&mut self, frame: Bytes) -> Result<(), CloseCode> {
        let mut queue = self.queue.borrow_mut();
        queue.bytes += frame.len();
        queue.frames.push_back(frame);
        if queue.frames.len() > MAX_MESSAGES || queue.bytes > MAX_BYTES {
            return Err(CloseCode::TooSlow);
        }
        queue.wake();
        Ok(())
    }

    /// Whether it is time to [`settle`](Self::settle).
    pub(super) fn is_long(&self) -> bool {
        let queue = self.queue.borrow();
        queue.frames.len() > FEW_MESSAGES || queue.bytes > FEW_BYTES
    }

    /// Gives the client a moment to read what waits, so that only one that does not read has a long queue.
    pub(super) async fn settle(&self) {
        let empty = async {
            while !self.queue.borrow().frames.is_empty() {
                self.emptied.notified().await;
            }
        };
        let _ = tokio::time::timeout(BETWEEN_BATCHES, empty).await;
    }

    /// Says goodbye and ends the connection once everything is read. A client that was too slow gets only the goodbye.
    pub(super) fn close(self, code: Option<u16>) {
        let mut queue = self.queue.borrow_mut();
        if code == Some(CloseCode::TooSlow.number()) {
            (queue.frames, queue.bytes) = (VecDeque::new(), 0);
        }
        queue.frames.push_back(frame::close(code));
    }
}

impl Drop for Outbox {
    /// Whatever ends the task behind a socket ends the connection.
    fn drop(&mut self) {
        let mut queue = self.queue.borrow_mut();
        queue.is_finished = true;
        queue.wake();
    }
}

impl Queue {
    fn wake(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

impl Stream for Outgoing {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut queue = self.queue.borrow_mut();
        if let Some(frame) = queue.frames.pop_front() {
            queue.bytes = queue.bytes.saturating_sub(frame.len());
            if queue.frames.is_empty() {
                self.emptied.notify_one();
            }
            return Poll::Ready(Some(Ok(frame)));
        }
        if queue.is_finished {
            return Poll::Ready(None);
        }
        queue.reader = Some(context.waker().clone());
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::{FutureExt as _, StreamExt as _};

    use super::*;

    fn taken(outgoing: &mut Outgoing) -> Vec<Bytes> {
        let next = || outgoing.next().now_or_never().flatten().map(|frame| frame.unwrap());
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn frames_come_out_as_they_went_in_and_the_goodbye_last() {
        let (mut outbox, mut outgoing) = outbox();
        outbox.push(Bytes::from_static(b"a")).unwrap();
        assert_eq!(taken(&mut outgoing), ["a"]);
        assert_eq!(outgoing.next().now_or_never(), None, "it waits for more");
        outbox.push(Bytes::from_static(b"b")).unwrap();
        outbox.close(Some(1000));
        assert_eq!(taken(&mut outgoing), [Bytes::from_static(b"b"), frame::close(Some(1000))]);
        assert_eq!(outgoing.next().now_or_never(), Some(None), "and then it ends");
    }

    #[test]
    fn more_than_1024_messages_are_too_many() {
        let (mut outbox, mut outgoing) = outbox();
        for _ in 0..1024 {
            outbox.push(Bytes::from_static(b"a")).unwrap();
        }
        assert_eq!(outbox.push(Bytes::from_static(b"a")), Err(CloseCode::TooSlow));
        outbox.close(Some(1013));
        assert_eq!(taken(&mut outgoing), [frame::close(Some(1013))], "the queue is not kept");
    }

    #[test]
    fn more_than_16_mib_are_too_much_and_what_was_read_does_not_count() {
        let (mut outbox, mut outgoing) = outbox();
        let mib = Bytes::from(vec![0; 1024 * 1024]);
        for _ in 0..16 {
            outbox.push(mib.clone()).unwrap();
        }
        assert!(outgoing.next().now_or_never().is_some());
        outbox.push(mib.clone()).unwrap();
        assert_eq!(outbox.push(Bytes::from_static(b"a")), Err(CloseCode::TooSlow));
    }

    #[test]
    fn a_task_that_is_gone_ends_the_connection() {
        let (outbox, mut outgoing) = outbox();
        drop(outbox);
        assert_eq!(outgoing.next().now_or_never(), Some(None));
    }

    #[tokio::test]
    async fn settling_waits_for_the_client_but_not_for_ever() {
        let (mut outbox, mut outgoing) = outbox();
        outbox.settle().await;
        outbox.push(Bytes::from_static(b"a")).unwrap();
        let began = tokio::time::Instant::now();
        outbox.settle().await;
        assert!(began.elapsed() >= BETWEEN_BATCHES, "nobody reads");
        let mut settling = pin!(outbox.settle());
        assert_eq!(settling.as_mut().now_or_never(), None, "it waits");
        assert_eq!(taken(&mut outgoing), ["a"]);
        assert_eq!(settling.now_or_never(), Some(()), "somebody has read: no need to wait for the time");
    }
}
