//! Keys that an issuer publishes, kept fresh.
//!
//! Nothing runs in the background: whoever verifies a token fetches when it is due, and all others share that fetch. It runs
//! as a task of its own, so that a client who hangs up cannot keep the keys from being renewed. If the issuer cannot be
//! reached, the last keys stay in use: an outage there must not become one here.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::Clock;
use jsonwebtoken::Algorithm;
use reqwest::header::ACCEPT;
use tokio::sync::Mutex;

use super::Chosen;
use super::published::PublishedKeys;
use crate::token::Flaw;
use crate::verifier::Denied;

/// Keys in use are fetched again after this time, so that a removed key stops counting.
const MAX_AGE: TimeDelta = TimeDelta::minutes(10);
/// Unknown key ids cause one fetch per this time: anybody can make them up. Failed renewals wait as long.
const MIN_PAUSE: TimeDelta = TimeDelta::seconds(30);
/// Without any key every token is refused, so the first fetch is tried again sooner.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(1);
/// A request waits for the fetch, so it must not take longer than a client would wait.
const FETCH_TIMEOUT: Duration = Duration::from_secs(3);
/// A set of keys has a few kilobytes; more is a mistake or an attack.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// The published keys of one issuer.
pub(crate) struct Jwks(Arc<Inner>);

struct Inner {
    issuer: String,
    url: reqwest::Url,
    algorithm: Algorithm,
    clock: Arc<dyn Clock>,
    http: reqwest::Client,
    state: RwLock<State>,
    fetching: Arc<Mutex<()>>,
}

#[derive(Default)]
struct State {
    keys: Option<PublishedKeys>,
    generation: u64,
    fetched_at: Option<DateTime<Utc>>,
    attempted_at: Option<DateTime<Utc>>,
    sought_unknown_at: Option<DateTime<Utc>>,
}

impl State {
    /// Whether keys that are in use have to be renewed.
    fn is_stale(&self, now: DateTime<Utc>) -> bool {
        has_passed(self.fetched_at, MAX_AGE, now) && has_passed(self.attempted_at, MIN_PAUSE, now)
    }

    /// Whether verifying with the key of that name should fetch first.
    fn wants_fetch(&self, kid: Option<&str>, now: DateTime<Utc>) -> bool {
        match &self.keys {
            None => has_passed(self.attempted_at, FIRST_PAUSE, now),
            Some(keys) if keys.select(kid).is_some() => self.is_stale(now),
            Some(_) => has_passed(self.sought_unknown_at, MIN_PAUSE, now),
        }
    }

    fn has(&self, kid: Option<&str>) -> bool {
        self.keys.as_ref().is_some_and(|keys| keys.select(kid).is_some())
    }
}

fn has_passed(since: Option<DateTime<Utc>>, pause: TimeDelta, now: DateTime<Utc>) -> bool {
    since.is_none_or(|since| now - since >= pause)
}

/// Why a fetch brought no keys.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error("the answer is {0}")]
    Status(reqwest::StatusCode),
    #[error("the answer has more than {MAX_BODY_BYTES} bytes")]
    TooLarge,
    #[error("the answer is no set of keys: {0}")]
    Json(#[from] serde_json::Error),
}

impl Jwks {
    pub(crate) fn new(
        issuer: String,
        url: reqwest::Url,
        algorithm: Algorithm,
        clock: Arc<dyn Clock>,
        http: reqwest::Client,
    ) -> Self {
        let (state, fetching) = (RwLock::default(), Arc::default());
        Self(Arc::new(Inner { issuer, url, algorithm, clock, http, state, fetching }))
    }

    /// The key a token names, fetched if need be.
    pub(crate) async fn key_for(&self, kid: Option<&str>) -> Result<Chosen, Denied> {
        if self.0.read(|state| state.wants_fetch(kid, self.0.clock.now())) {
            self.refresh(kid).await;
        }
        self.0.read(|state| {
            let keys = state.keys.as_ref().ok_or(Denied::KeysUnavailable)?;
            let key = keys.select(kid).ok_or(Flaw::Key)?;
            Ok(Chosen { key: Arc::clone(key), generation: state.generation })
        })
    }

    pub(crate) fn still_counts(&self, generation: u64, now: DateTime<Utc>) -> bool {
        self.0.read(|state| state.generation == generation && !state.is_stale(now))
    }

    /// Fetches, or waits for the fetch that is under way. Who already has a usable key does not wait for others.
    async fn refresh(&self, kid: Option<&str>) {
        let fetching = Arc::clone(&self.0.fetching);
        let turn = if self.0.read(|state| state.has(kid)) {
            let Ok(turn) = fetching.try_lock_owned() else { return };
            turn
        } else {
            fetching.lock_owned().await
        };
        // While we waited, somebody else may have fetched what we want, or tried in vain.
        let now = self.0.clock.now();
        if !self.0.read(|state| state.wants_fetch(kid, now)) {
            return;
        }
        let seeks_unknown = self.0.read(|state| state.keys.is_some() && !state.has(kid));
        // Keys that are there need not be asked for twice. Who has no key yet must come here and wait.
        self.0.write(|state| state.attempted_at = state.keys.as_ref().map(|_| now));
        let inner = Arc::clone(&self.0);
        let fetch = tokio::spawn(async move {
            inner.fetch(seeks_unknown).await;
            drop(turn);
        });
        if let Err(error) = fetch.await {
            tracing::error!(issuer = %self.0.issuer, %error, "fetching the keys of an issuer broke off");
        }
    }
}

impl Inner {
    async fn fetch(&self, seeks_unknown: bool) {
        let fetched = self.download().await;
        let now = self.clock.now();
        match fetched {
            Ok(keys) => {
                tracing::info!(issuer = %self.issuer, keys = keys.len(), "fetched the keys of an issuer");
                self.write(|state| {
                    if state.keys.as_ref().is_some_and(|old| old.lose_a_key_in(&keys)) {
                        state.generation += 1;
                    }
                    state.keys = Some(keys);
                    state.fetched_at = Some(now);
                });
            }
            Err(error) => {
                tracing::warn!(issuer = %self.issuer, %error, "could not fetch the keys of an issuer");
            }
        }
        // A fetch may take seconds; the pause until the next one starts when it ends.
        self.write(|state| {
            state.attempted_at = Some(now);
            if seeks_unknown {
                state.sought_unknown_at = Some(now);
            }
        });
    }

    async fn download(&self) -> Result<PublishedKeys, FetchError> {
        let request = self.http.get(self.url.clone()).header(ACCEPT, "application/json").timeout(FETCH_TIMEOUT);
        // An address may hold a credential, so errors do not name it.
        let mut response = request.send().await.map_err(reqwest::Error::without_url)?;
        if !response.status().is_success() {
            return Err(FetchError::Status(response.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
            if body.len() + chunk.len() > MAX_BODY_BYTES {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(PublishedKeys::parse(&body, self.algorithm)?)
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
    }
}
