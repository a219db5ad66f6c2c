//! From a token to a caller, once per token.
//!
//! A client sends the same token with every request, so a verified one is remembered, by its whole text, until it expires or
//! its issuer takes a key back. Refusals are not remembered: made-up tokens would push the good ones out.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use domain::Clock;
use quick_cache::sync::Cache;

use crate::claims::{Claims, is_expired};
use crate::issuer::Issuer;
use crate::token::{Flaw, Unverified};
use crate::{Caller, ConfigError, IssuerConfig};

/// How many verified tokens are remembered: more than the clients of a busy hour, at about 1 KiB each.
const MAX_REMEMBERED: usize = 10_000;

/// Why there is no caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The token does not count, for whatever reason: 401.
    #[error("the token is not valid")]
    Token,
    /// The issuer's keys were never fetched and cannot be reached, so nothing can be said about the token: 503.
    #[error("the keys of the issuer are unavailable")]
    KeysUnavailable,
}

/// A refusal with its reason, for the log.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(crate) enum Denied {
    #[error(transparent)]
    Flawed(#[from] Flaw),
    #[error("the keys of its issuer are unavailable")]
    KeysUnavailable,
}

/// Verifies tokens of the configured issuers. Cheap to clone: clones share keys and cache.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    issuers: HashMap<String, Arc<Issuer>>,
    clock: Arc<dyn Clock>,
    remembered: Cache<Box<str>, Verified>,
}

#[derive(Clone)]
struct Verified {
    caller: Arc<Caller>,
    issuer: Arc<Issuer>,
    generation: u64,
}

impl Verifier {
    /// Trusts these issuers. The client fetches published keys; without issuers every token is refused.
    ///
    /// # Errors
    /// An issuer cannot be used; the error names it.
    pub fn new(issuers: Vec<IssuerConfig>, clock: Arc<dyn Clock>, http: reqwest::Client) -> Result<Self, ConfigError> {
        let mut known = HashMap::with_capacity(issuers.len());
        for config in issuers {
            let issuer = Issuer::new(config, &clock, &http)?;
            if let Some(twice) = known.insert(issuer.name.clone(), Arc::new(issuer)) {
                return Err(ConfigError::Twice(twice.name.clone()));
            }
        }
        Ok(Self(Arc::new(Inner { issuers: known, clock, remembered: Cache::new(MAX_REMEMBERED) })))
    }

    /// The caller of a token that was verified before and still counts. Nothing means: ask [`Verifier::verify`].
    #[must_use]
    pub fn verify_cached(&self, token: &str) -> Option<Arc<Caller>> {
        let verified = self.0.remembered.get(token)?;
        let now = self.0.clock.now();
        if is_expired(verified.caller.expires_at(), now) {
            self.0.remembered.remove(token);
            return None;
        }
        verified.issuer.keys.still_counts(verified.generation, now).then_some(verified.caller)
    }

    /// The caller of a token.
    ///
    /// # Errors
    /// [`Refused::Token`] for every flaw of the token, [`Refused::KeysUnavailable`] if the issuer's keys never arrived.
    pub async fn verify(&self, token: &str) -> Result<Arc<Caller>, Refused> {
        if let Some(caller) = self.verify_cached(token) {
            return Ok(caller);
        }
        match self.examine(token).await {
            Ok(verified) => {
                let caller = Arc::clone(&verified.caller);
                self.0.remembered.insert(token.into(), verified);
                Ok(caller)
            }
            Err(Denied::Flawed(reason)) => {
                tracing::debug!(%reason, "refused a token");
                Err(Refused::Token)
            }
            Err(Denied::KeysUnavailable) => Err(Refused::KeysUnavailable),
        }
    }

    async fn examine(&self, token: &str) -> Result<Verified, Denied> {
        let token = Unverified::parse(token)?;
        let issuer = self.0.issuers.get(&token.claimed_issuer()?).ok_or(Flaw::Issuer)?;
        let chosen = issuer.keys.key_for(token.header.kid.as_deref()).await?;
        chosen.key.check(&token)?;
        let claims: Claims = token.claims()?;
        let caller = claims.into_caller(issuer, self.0.clock.now())?;
        Ok(Verified { caller: Arc::new(caller), issuer: Arc::clone(issuer), generation: chosen.generation })
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("issuers", &self.0.issuers.keys()).finish_non_exhaustive()
    }
}
