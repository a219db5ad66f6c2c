//! A request's body that is counted as it passes, and whose rest can still be read when its reader has given up.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::error::PayloadError;
use actix_web::web::{Bytes, Payload};
use futures_util::{Stream, StreamExt as _};

/// How long the rest of a refused body is read.
const DRAIN: Duration = Duration::from_secs(10);

/// The body; clones share it.
#[derive(Clone)]
pub(super) struct Tap(Rc<RefCell<Inner>>);

struct Inner {
    payload: Payload,
    /// Bytes that may still come.
    left: u64,
    is_over: bool,
    is_at_end: bool,
}

impl Tap {
    pub(super) fn new(payload: Payload, most: u64) -> Self {
        Self(Rc::new(RefCell::new(Inner { payload, left: most, is_over: false, is_at_end: false })))
    }

    /// Whether more came than may.
    pub(super) fn is_over(&self) -> bool {
        self.0.borrow().is_over
    }

    /// Reads what is left, within the same limit.
    pub(super) async fn drain(&self) {
        let mut rest = self.clone();
        let reading = async { while let Some(Ok(_)) = rest.next().await {} };
        // A client that is too slow for this finds its connection closed, and that is fine.
        let _in_time = tokio::time::timeout(DRAIN, reading).await;
    }
}

impl Stream for Tap {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut inner = self.0.borrow_mut();
        if inner.is_at_end || inner.is_over {
            return Poll::Ready(None);
        }
        let item = std::task::ready!(Pin::new(&mut inner.payload).poll_next(cx));
        Poll::Ready(match item {
            Some(Ok(bytes)) if bytes.len() as u64 > inner.left => {
                inner.is_over = true;
                Some(Err(PayloadError::Overflow))
            }
            Some(Ok(bytes)) => {
                inner.left -= bytes.len() as u64;
                Some(Ok(bytes))
            }
            // The payload must not be asked again after its end.
            end => {
                inner.is_at_end = true;
                end
            }
        })
    }
}
