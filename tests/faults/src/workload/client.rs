//! How clients speak: with a deadline, with the same key again when no answer came, and writing everything down.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use auth::{Minter, TokenRequest};
use domain::{Clock as _, Role, Subject, SystemClock};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::history::{History, Kind, Outcome};

/// How long one attempt may take: the gateway gives up after 30 s.
pub const DEADLINE: Duration = Duration::from_secs(35);
/// How long a client repeats what it got no answer to.
const PATIENCE: Duration = Duration::from_secs(90);
/// Rest between attempts.
const REST: Duration = Duration::from_millis(100);

/// Who calls.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The token's subject.
    pub subject: String,
    /// The token's role.
    pub role: Role,
}

impl Identity {
    /// A customer of this name.
    #[must_use]
    pub fn customer(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), role: Role::Customer }
    }

    /// An agent of this name.
    #[must_use]
    pub fn agent(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), role: Role::Agent }
    }
}

/// A write, and how to know it again.
pub struct Write<'a> {
    /// The line or service.
    pub line: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Its marker.
    pub marker: &'a str,
    /// Where the answer says what the thing is called: a JSON pointer.
    pub id: Option<&'static str>,
}

/// A client of the gateway. Clones share connections and history.
#[derive(Clone)]
pub struct Client {
    origin: String,
    http: reqwest::Client,
    minter: Arc<Minter>,
    /// What was done.
    pub history: Arc<History>,
    /// How many times each write is sent at once: a storm of duplicates if more than one.
    pub copies: usize,
    violations: Arc<Mutex<Vec<String>>>,
}

impl Client {
    /// A client of this origin.
    pub fn new(origin: String, minter: Minter, history: Arc<History>) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(DEADLINE).no_proxy().pool_max_idle_per_host(256).build()?;
        Ok(Self { origin, http, minter: Arc::new(minter), history, copies: 1, violations: Arc::default() })
    }

    /// A request with a token of this caller.
    pub fn request(&self, method: Method, path: &str, who: &Identity) -> RequestBuilder {
        let request = self.anonymous(method, path);
        match Subject::try_from(who.subject.as_str()) {
            Ok(subject) => {
                let token = self.minter.mint(&TokenRequest::new(subject, who.role), SystemClock.now());
                request.bearer_auth(token.unwrap_or_default())
            }
            Err(_) => request,
        }
    }

    /// A request without a token.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.origin))
    }

    /// Sends a write until it is acknowledged or refused, or patience ends. Gives the body of the acknowledgement.
    pub async fn write(&self, write: Write<'_>, request: impl Fn() -> RequestBuilder) -> Option<Value> {
        self.history.begin(write.line, write.kind, write.marker);
        let end = Instant::now() + PATIENCE;
        loop {
            let began = Instant::now();
            let attempts = (0..self.copies.max(1)).map(|_| attempt(request()));
            let answers = futures_util::future::join_all(attempts).await;
            let took = began.elapsed();
            let mut acknowledged = None;
            let mut outcome = Outcome::Unknown;
            for (status, body) in answers.into_iter().flatten() {
                match status {
                    200..300 => acknowledged = acknowledged.or(Some(body)),
                    // Whatever is broken around a service, it knows that it may pass: 500 is for defects.
                    500 => self.violation(format!("{} was answered 500", write.marker)),
                    // Another copy runs, or we are to come again: no verdict on the write itself.
                    409 | 425 | 429 | 501.. => {}
                    // Gone already: by an attempt that got no answer, or by another copy.
                    404 if write.kind == Kind::Delete => acknowledged = acknowledged.or(Some(Value::Null)),
                    refused => outcome = Outcome::Refused(refused),
                }
            }
            if let Some(body) = acknowledged {
                let id = write.id.and_then(|pointer| body.pointer(pointer)).map(text);
                self.history.end(write.marker, Outcome::Acknowledged, id, took);
                return Some(body);
            }
            self.history.end(write.marker, outcome, None, took);
            if matches!(outcome, Outcome::Refused(_)) || Instant::now() > end {
                return None;
            }
            tokio::time::sleep(REST).await;
        }
    }

    /// Reads until there is an answer. `None` only after patience ended.
    pub async fn read(&self, request: impl Fn() -> RequestBuilder) -> Option<(u16, Value)> {
        let end = Instant::now() + PATIENCE;
        loop {
            match attempt(request()).await {
                Some((status, body)) if status < 500 && status != 429 => return Some((status, body)),
                _ if Instant::now() > end => return None,
                _ => tokio::time::sleep(REST).await,
            }
        }
    }

    /// Something that must never be was seen by a client.
    pub fn violation(&self, what: String) {
        self.violations.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    /// What clients saw that must never be.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.violations.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn attempt(request: RequestBuilder) -> Option<(u16, Value)> {
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    // A head without its body is no answer.
    let body = answer.bytes().await.ok()?;
    Some((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
