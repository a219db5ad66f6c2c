//! The half of the relay that sends messages which are no events. No order is promised between them.

use futures_util::stream::{self, StreamExt as _};
use metrics::counter;
use storage::DbError;
use tokio_util::sync::CancellationToken;

use super::{BATCH, IN_FLIGHT, REST, Relay, RelayError, lease};
use crate::{outgoing, spans};

impl Relay {
    pub(super) async fn relay_messages(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let failed = match self.send_messages().await {
                Ok(sent) if sent == BATCH as usize => continue,
                Ok(_) => false,
                Err(error) => {
                    tracing::warn!(service = self.service, %error, "messages wait: they could not be sent");
                    true
                }
            };
            // The other half looks at the table, too, and wakes this one; but not out of the rest after a failure.
            tokio::select! {
                () = tokio::time::sleep(REST) => {}
                () = self.messages.notified(), if !failed => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Sends one batch if this relay holds the lease. Returns how many messages were sent.
    pub(super) async fn send_messages(&self) -> Result<usize, RelayError> {
        let mut conn = self.db.conn().await?;
        let batch = outgoing::unpublished(&mut conn, BATCH).await.map_err(DbError::from)?;
        if batch.is_empty() || !lease::hold(&mut conn, self.holder).await.map_err(DbError::from)? {
            return Ok(0);
        }
        drop(conn);
        fail::fail_point!("relay.before_publish", |_| Err(RelayError::Stopped));
        let sending = batch.into_iter().filter_map(|stored| {
            let id = stored.message_id;
            let message = stored.message(self.service);
            if message.is_none() {
                tracing::error!(service = self.service, message.id = %id, "a message for no exchange of ours stays");
            }
            message.map(|mut message| async move {
                let exchange = message.exchange;
                let mut none = String::new();
                let header = message.properties.headers.iter_mut().find(|(name, _)| name == "traceparent");
                let span = spans::sending(self.service, exchange, header.map_or(&mut none, |(_, value)| value));
                (id, self.send(message, span).await)
            })
        });
        let mut results = stream::iter(sending).buffer_unordered(IN_FLIGHT);
        let (mut done, mut failure) = (Vec::new(), None);
        while let Some((id, result)) = results.next().await {
            match result {
                Ok(()) => done.push(id),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        fail::fail_point!("relay.before_mark", |_| Err(RelayError::Stopped));
        if !done.is_empty() {
            let mut conn = self.db.conn().await?;
            outgoing::mark_published(&mut conn, &done).await.map_err(DbError::from)?;
            counter!(telemetry::names::MESSAGES_PUBLISHED_TOTAL, "service" => self.service)
                .increment(done.len() as u64);
        }
        match failure {
            Some(error) => Err(error.into()),
            None => Ok(done.len()),
        }
    }
}
