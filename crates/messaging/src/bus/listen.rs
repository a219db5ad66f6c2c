//! Hearing events without keeping them: for a process that wants to know soon what it could also read from its tables.

use std::sync::Arc;

use tokio::sync::mpsc;

/// Events that wait for a listener; more are dropped, because whoever listens looks at the tables anyway.
pub(super) const WAITING_ROOM: usize = 1024;

/// An event that was heard.
#[derive(Debug, Clone)]
pub struct Heard {
    /// `<line>.<event type>`.
    pub routing_key: String,
    /// The envelope.
    pub body: Arc<[u8]>,
}

/// Hears events from now on. Some are missed while the bus is disconnected, or if the listener is slow.
#[derive(Debug)]
pub struct Listener(mpsc::Receiver<Heard>);

impl Listener {
    pub(super) fn new() -> (mpsc::Sender<Heard>, Self) {
        let (sender, receiver) = mpsc::channel(WAITING_ROOM);
        (sender, Self(receiver))
    }

    /// The next event; waits for it. `None` once the bus shuts down. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Heard> {
        self.0.recv().await
    }
}
