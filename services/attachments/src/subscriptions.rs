//! Events of tour-tickets: what completes a deletion that could not be told directly (contract, section 11).

use domain::{Envelope, Line, TicketEvent};
use futures_util::future::BoxFuture;
use messaging::{Receive, ReceiveError, Received};
use storage::Db;

use crate::verbs;

/// Removes the attachments of deleted tickets. Harmless when it is done twice.
#[derive(Debug)]
pub(crate) struct DeletedTickets {
    db: Db,
}

impl DeletedTickets {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    async fn take(&self, message: &Received) -> Result<(), ReceiveError> {
        let unfit = |reason: String| ReceiveError::Unfit(reason);
        let envelope: Envelope =
            serde_json::from_slice(&message.body).map_err(|error| unfit(format!("no event: {error}")))?;
        let event = envelope.event().map_err(|error| unfit(format!("no known event: {error}")))?;
        // Of other events nothing follows for us; a queue may be bound to more than it was.
        if envelope.data.line != Line::Tours || event != Some(TicketEvent::Deleted {}) {
            return Ok(());
        }
        let ticket_id: i64 =
            envelope.data.ticket_id.parse().map_err(|_| unfit("its ticketId is no number".to_owned()))?;
        let key = envelope.data.ticket_key;
        Ok(self.db.write(async |tx| verbs::bury_ticket(tx, key, ticket_id).await).await?)
    }
}

impl Receive for DeletedTickets {
    fn receive<'a>(&'a self, message: &'a Received) -> BoxFuture<'a, Result<(), ReceiveError>> {
        Box::pin(self.take(message))
    }
}
