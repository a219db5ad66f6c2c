//! Tells the attachments service that a ticket is gone, so that its attachments are gone when the client hears of it.
//!
//! A shortcut, not the only way: the event `ticket.deleted` does the same. So nothing that goes wrong here is the
//! client's business.

use std::time::Duration;

use chassis::Context;
use domain::TicketKey;
use telemetry::Span;

/// How long a delete waits for the attachments service before it leaves the rest to the event.
const PATIENCE: Duration = Duration::from_secs(2);

/// The attachments service.
#[derive(Debug)]
pub(crate) struct Attachments {
    http: reqwest::Client,
    context: Context,
}

impl Attachments {
    /// With the worker's own HTTP client.
    pub(crate) fn new(http: reqwest::Client, context: Context) -> Self {
        Self { http, context }
    }

    /// Has the attachments of a ticket removed, and no new ones made.
    pub(crate) async fn remove_all_of(&self, ticket_id: i64, key: TicketKey) {
        if let Err(reason) = self.try_remove_all_of(ticket_id, key).await {
            tracing::warn!(
                ticket.id = ticket_id,
                %reason,
                "the attachments of a deleted ticket are still there; its event will remove them"
            );
        }
    }

    async fn try_remove_all_of(&self, ticket_id: i64, key: TicketKey) -> Result<(), String> {
        let base = self.context.addresses.get("attachments").ok_or("no address of the attachments service")?;
        let token = self.context.service_token("tour-tickets").ok_or("no service token")?;
        let url = format!("{base}/internal/v1/tours/tickets/{ticket_id}/attachments?ticket_key={key}");
        let mut span = Span::client("tour-tickets", "DELETE", "attachments");
        let traceparent = span.context().to_string();
        let request = self.http.delete(url).bearer_auth(token).header("traceparent", traceparent).timeout(PATIENCE);
        let answer = request.send().await.inspect_err(|_| span.fail("no_answer"));
        let answer = answer.map_err(|error| error.without_url().to_string())?;
        span.answered(answer.status().as_u16());
        if answer.status().is_success() { Ok(()) } else { Err(format!("it answered {}", answer.status())) }
    }
}
