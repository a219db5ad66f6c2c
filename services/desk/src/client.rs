//! The agent API of the services that own the tickets (`web::agent_api`), called with the token of the desk's own
//! caller: the owner decides what that caller may see and do, the desk never speaks for itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chassis::Service as _;
use domain::TicketKey;
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use telemetry::Span;
use web::agent_api::Snapshot;

use crate::Desk;

/// How long an owner may take to answer: a person waits for it.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Largest answer that is read: some 1,600 messages of an agent's full length, but only 256 of those that a helpdesk
/// socket takes (64 KiB each).
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// The owner did not say what the ticket is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OwnerError {
    /// No address is configured for the service.
    #[error("no address is known for {0}")]
    UnknownService(String),
    /// The owner does not take the caller's token, for example because its time was up in between.
    #[error("the owner refuses the token")]
    Unauthorized,
    /// The owner cannot be reached, is too slow, or failed.
    #[error("the owner did not answer: {0}")]
    Unavailable(String),
}

impl From<reqwest::Error> for OwnerError {
    fn from(error: reqwest::Error) -> Self {
        // Without the URL: it has the ticket's key in it, and the log has that already.
        Self::Unavailable(format!("{:?}", error.without_url()))
    }
}

/// The services that own tickets, by name.
#[derive(Debug)]
pub(crate) struct Owners {
    http: reqwest::Client,
    addresses: Arc<BTreeMap<String, String>>,
}

impl Owners {
    pub(crate) fn new(http: reqwest::Client, addresses: Arc<BTreeMap<String, String>>) -> Self {
        Self { http, addresses }
    }

    /// The ticket as `service` has it right now; `None` if the bearer of `authorization` may not see it.
    pub(crate) async fn snapshot(
        &self,
        service: &str,
        key: TicketKey,
        authorization: &[u8],
    ) -> Result<Option<Snapshot>, OwnerError> {
        let base = self.addresses.get(service).ok_or_else(|| OwnerError::UnknownService(service.to_owned()))?;
        let mut token = HeaderValue::from_bytes(authorization).map_err(|_| OwnerError::Unauthorized)?;
        token.set_sensitive(true);
        let mut span = Span::client(Desk::NAME, "GET", service);
        let request = self
            .http
            .get(format!("{base}/internal/v1/tickets/{key}"))
            .header(AUTHORIZATION, token)
            .header("traceparent", span.context().to_string())
            .timeout(TIMEOUT);
        let answer = request.send().await.inspect_err(|_| span.fail("no_answer"))?;
        span.answered(answer.status().as_u16());
        match answer.status() {
            StatusCode::OK => {
                let snapshot = serde_json::from_slice(&read(answer).await?);
                snapshot.map(Some).map_err(|error| OwnerError::Unavailable(format!("no snapshot: {error}")))
            }
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::UNAUTHORIZED => Err(OwnerError::Unauthorized),
            other => Err(OwnerError::Unavailable(format!("it answered {other}"))),
        }
    }
}

async fn read(mut answer: reqwest::Response) -> Result<Vec<u8>, OwnerError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if bytes.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(OwnerError::Unavailable(format!("its answer is above {MAX_ANSWER_BYTES} bytes")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
