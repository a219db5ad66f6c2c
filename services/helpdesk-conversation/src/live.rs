//! Live connections: conversations over the binary protocol, and notifications as they come.
//!
//! One [`Live`] per process, shared by its workers. A socket is a task on the worker that accepted it; the [`Hub`] knows
//! them all and wakes them; what they send they read from the database.

mod bell;
mod config;
mod connection;
mod conversation;
mod frame;
mod handlers;
mod hub;
mod notifications;
mod outbox;
mod room;
mod store;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use chassis::{Context, Job};
use messaging::bus::Bus;
use storage::Db;
use tokio_util::sync::CancellationToken;

pub use config::LiveConfig;
pub(crate) use handlers::{
    __path_open_conversation_socket, __path_open_event_socket, open_conversation_socket, open_event_socket,
};
use hub::Hub;

/// When to look for a change that is about to be committed: mostly at once, seldom a little later.
const UNTIL_COMMITTED: [Duration; 2] = [Duration::from_millis(10), Duration::from_millis(100)];

/// The live connections of this process.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    hub: Arc<Hub>,
    config: LiveConfig,
    bus: Arc<dyn Bus>,
    /// Cancelled first when the process stops.
    stop: CancellationToken,
}

impl Live {
    /// Nobody is connected yet.
    pub(crate) fn new(context: &Context, config: LiveConfig) -> Self {
        let (bus, stop) = (Arc::clone(&context.bus), context.stages.sockets.clone());
        Self { hub: Arc::default(), config, bus, stop }
    }

    /// Entries or notifications of this conversation were committed in this process. Others hear of it by the bus.
    pub(crate) fn wake(&self, conversation: i32) {
        self.hub.wake(conversation);
    }

    /// Notifications without entries were committed in this process: a ticket was opened, and support is told.
    pub(crate) fn wake_notified(&self) {
        self.hub.support_is_told();
    }

    /// As [`wake`](Self::wake), for a change whose commit follows and is nobody's here to see: an agent's reply. Should it
    /// take longer, the bus or the poll tells.
    pub(crate) fn wake_soon(&self, conversation: i32) {
        let hub = Arc::clone(&self.hub);
        actix_web::rt::spawn(async move {
            for wait in UNTIL_COMMITTED {
                tokio::time::sleep(wait).await;
                hub.wake(conversation);
            }
        });
    }

    /// What wakes the sockets, and cleans up.
    pub(crate) fn jobs(&self, db: Option<&Db>) -> Vec<Job> {
        let Some(db) = db.cloned() else { return Vec::new() };
        let (hub, bus) = (Arc::clone(&self.hub), Arc::clone(&self.bus));
        let listen = Job { name: "live-events", run: Box::new(move |stop| Box::pin(watch::listen(hub, bus, stop))) };
        let (hub, every, pool) =
            (Arc::clone(&self.hub), Duration::from_millis(self.config.poll_interval_ms), db.clone());
        let poll = Job { name: "live-poll", run: Box::new(move |stop| Box::pin(watch::poll(hub, pool, every, stop))) };
        let clean = Job { name: "live-clean", run: Box::new(move |stop| Box::pin(watch::clean(db, stop))) };
        vec![listen, poll, clean]
    }
}
