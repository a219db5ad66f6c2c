//! Commands from the queue become rows. The ack comes after the commit, so a command is always in one of the two.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use messaging::{Receive, ReceiveError, Received};
use storage::Db;
use telemetry::TraceContext;
use tokio::sync::Notify;

use super::command::Command;
use super::db;

/// Keeps commands.
#[derive(Debug)]
pub(crate) struct Keep {
    db: Db,
    nudge: Arc<Notify>,
    give_up_after: Duration,
}

impl Keep {
    /// Keeps them in this database and wakes who delivers them.
    pub(crate) fn new(db: Db, nudge: Arc<Notify>, give_up_after: Duration) -> Self {
        Self { db, nudge, give_up_after }
    }

    async fn keep(&self, message: &Received) -> Result<(), ReceiveError> {
        let command = Command::read(&message.body).map_err(|unfit| ReceiveError::Unfit(unfit.to_string()))?;
        let header = message.properties.headers.iter().find(|(name, _)| name == "traceparent");
        // Only one that is well-formed: it goes out again as a header.
        let traceparent = header.and_then(|(_, value)| TraceContext::parse(value)).map(|trace| trace.to_string());
        let mut conn = self.db.conn().await?;
        let new = db::NewRequest {
            transaction_id: command.transaction_id,
            body: &message.body,
            traceparent: traceparent.as_deref(),
            give_up_after: self.give_up_after,
        };
        if db::insert(&mut conn, &new).await? {
            self.nudge.notify_one();
        } else {
            tracing::debug!(transaction.id = command.transaction_id, "a resume request came again");
        }
        Ok(())
    }
}

impl Receive for Keep {
    fn receive<'a>(&'a self, message: &'a Received) -> BoxFuture<'a, Result<(), ReceiveError>> {
        Box::pin(self.keep(message))
    }
}
