//! Asks the service that owns a stream for events that a reader missed (events, section 3).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use domain::{Envelope, Stream};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use telemetry::Span;

/// Most events in one answer (contract: 1 to 500).
pub const PAGE: u32 = 500;

/// The service that owns a stream did not give its events.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    /// No address is configured for the event's source.
    #[error("no address is known for {0}")]
    UnknownSource(String),
    /// The owner cannot be reached, or refused.
    #[error("the owner did not answer: {0}")]
    Unreachable(String),
}

/// Where missed events come from.
pub trait Owner: fmt::Debug + Send + Sync + 'static {
    /// Events of `stream` after `version`, in order, at most [`PAGE`]. `source` is the envelope's source.
    fn events_after<'a>(
        &'a self,
        source: &'a str,
        stream: &'a Stream,
        version: i64,
    ) -> BoxFuture<'a, Result<Vec<Envelope>, OwnerError>>;
}

/// Gives a token of role `service`.
pub type ServiceToken = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// Asks over HTTP: `GET /internal/v1/events`.
pub struct HttpOwner {
    service: &'static str,
    http: reqwest::Client,
    addresses: BTreeMap<String, String>,
    token: ServiceToken,
}

impl fmt::Debug for HttpOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpOwner").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

impl HttpOwner {
    /// `service` asks; `addresses`: base URL by service name.
    #[must_use]
    pub fn new(
        service: &'static str,
        http: reqwest::Client,
        addresses: BTreeMap<String, String>,
        token: ServiceToken,
    ) -> Self {
        Self { service, http, addresses, token }
    }

    async fn ask(&self, source: &str, stream: &Stream, version: i64) -> Result<Vec<Envelope>, OwnerError> {
        #[derive(Deserialize)]
        struct Page {
            events: Vec<Envelope>,
        }
        let named = source.strip_prefix("/crossdesk/").and_then(|owner| self.addresses.get_key_value(owner));
        let (owner, base) = named.ok_or_else(|| OwnerError::UnknownSource(source.to_owned()))?;
        let mut url = reqwest::Url::parse(&format!("{base}/internal/v1/events"))
            .map_err(|error| OwnerError::UnknownSource(error.to_string()))?;
        url.query_pairs_mut()
            .append_pair("partitionkey", stream.as_str())
            .append_pair("after", &version.to_string())
            .append_pair("limit", &PAGE.to_string());
        let mut span = Span::client(self.service, "GET", owner);
        let trace = span.context().to_string();
        let request = self.http.get(url).bearer_auth((self.token)().unwrap_or_default()).header("traceparent", trace);
        let unreachable = |error: reqwest::Error| OwnerError::Unreachable(error.without_url().to_string());
        let answer = request.send().await.inspect_err(|_| span.fail("no_answer")).map_err(unreachable)?;
        span.answered(answer.status().as_u16());
        let answer = answer.error_for_status().map_err(unreachable)?;
        Ok(answer.json::<Page>().await.map_err(unreachable)?.events)
    }
}

impl Owner for HttpOwner {
    fn events_after<'a>(
        &'a self,
        source: &'a str,
        stream: &'a Stream,
        version: i64,
    ) -> BoxFuture<'a, Result<Vec<Envelope>, OwnerError>> {
        Box::pin(self.ask(source, stream, version))
    }
}
