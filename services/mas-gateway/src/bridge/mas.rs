//! MAS's HTTP endpoint.

use std::time::Duration;

use chassis::Service as _;
use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret as _, SecretString};
use telemetry::{Span, TraceContext};

use super::answer::{Verdict, judge};
use super::command::Command;
use super::db::Claimed;
use super::{BridgeConfig, MasBridge};

/// Most of an answer that is read: an outcome and its detail have a few kilobytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// How long an idle connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Asks MAS.
#[derive(Debug)]
pub(crate) struct Mas {
    http: Client,
    url: Url,
    credentials: Credentials,
}

#[derive(Debug)]
enum Credentials {
    None,
    Bearer(SecretString),
    Basic(String, SecretString),
}

impl Mas {
    /// Asks at this address. Connections are opened when needed, so a MAS that is down keeps nothing from starting.
    pub(crate) fn new(config: &BridgeConfig, url: &Url) -> anyhow::Result<Self> {
        let http = Client::builder()
            .connect_timeout(Duration::from_millis(config.connect_timeout_ms))
            .timeout(Duration::from_millis(config.timeout_ms))
            .pool_idle_timeout(IDLE_TIMEOUT)
            // The body is personal data: it goes to the address that is configured and to no other.
            .no_proxy()
            .redirect(Policy::none())
            .build()?;
        let credentials = match (&config.token, &config.user, &config.password) {
            (Some(token), ..) => Credentials::Bearer(token.clone()),
            (None, Some(user), Some(password)) => Credentials::Basic(user.clone(), password.clone()),
            _ => Credentials::None,
        };
        Ok(Self { http, url: url.clone(), credentials })
    }

    /// Makes one attempt and says how it ended.
    pub(crate) async fn ask(&self, request: &Claimed, now: DateTime<Utc>) -> Verdict {
        fail::fail_point!("mas_bridge.before_ask", |_| Verdict::Later("crash point".to_owned(), None));
        let mut span = attempt(request);
        match self.request(request, span.context()).send().await {
            Ok(response) => {
                // MAS has it, and we do not know its answer.
                fail::fail_point!("mas_bridge.after_ask", |_| Verdict::Later("crash point".to_owned(), None));
                span.answered(response.status().as_u16());
                read(response, now).await
            }
            Err(error) => {
                span.fail("no_answer");
                Verdict::Later(reason(&error), None)
            }
        }
    }

    fn request(&self, claimed: &Claimed, span: TraceContext) -> RequestBuilder {
        let key = claimed.transaction_id.to_string();
        #[cfg(feature = "bug-new-key")]
        let key = if storage::bugs::is_active("new-key") { format!("{key}-{}", claimed.attempts) } else { key };
        let mut request = self
            .http
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("idempotency-key", key)
            .header("traceparent", span.to_string())
            .body(claimed.body.clone());
        let tracking_id = Command::read(&claimed.body).ok().map(|command| command.request_tracking_id);
        // A tracking id that is no header value still travels in the body.
        if let Some(value) = tracking_id.and_then(|id| HeaderValue::try_from(id).ok()) {
            request = request.header("request-tracking-id", value);
        }
        match &self.credentials {
            Credentials::None => request,
            Credentials::Bearer(token) => request.bearer_auth(token.expose_secret()),
            Credentials::Basic(user, password) => request.basic_auth(user, Some(password.expose_secret())),
        }
    }
}

/// The attempt in the trace in which the customer's request began, with an id of its own in any case: it is MAS's to
/// quote.
fn attempt(claimed: &Claimed) -> Span {
    let trace = claimed.traceparent.as_deref().and_then(TraceContext::parse);
    Span::call_out(MasBridge::NAME, "POST", "mas", trace)
}

async fn read(mut response: Response, now: DateTime<Utc>) -> Verdict {
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return judge(status, retry_after.as_deref(), &body, now),
            Err(error) => return Verdict::Later(reason(&error), None),
        }
        if body.len() > MAX_ANSWER_BYTES {
            // What is cut off is no JSON, so this is an answer without an outcome.
            return judge(status, retry_after.as_deref(), b"too long", now);
        }
    }
}

/// In our words: the client's own text names the address.
fn reason(error: &reqwest::Error) -> String {
    let reason = if error.is_connect() {
        "no connection to MAS"
    } else if error.is_timeout() {
        "MAS did not answer in time"
    } else {
        "the connection to MAS broke"
    };
    reason.to_owned()
}
