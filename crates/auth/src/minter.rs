//! Signs tokens: for the local instance, for calls between services, and for tests.
//!
//! What a `Minter` signs a `Verifier` of the same issuer accepts; a request that would break a rule of the contract is an
//! error here and not a refusal later.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Line, Role, Subject};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use crate::claims::MAX_NAME_CHARS;

/// What a token shall say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// The `sub`.
    pub subject: Subject,
    /// The `roles`. Empty: the claim is left out.
    pub roles: Vec<Role>,
    /// The `lines`. Nothing: the claim is left out, which means all lines.
    pub lines: Option<Vec<Line>>,
    /// The display name, at most 200 characters.
    pub name: Option<String>,
    /// How long the token is valid, in whole seconds.
    pub ttl: Duration,
}

impl TokenRequest {
    /// How long a token is valid unless the request says otherwise.
    pub const DEFAULT_TTL: Duration = Duration::from_secs(60 * 60);

    /// A nameless token for one hour and all lines.
    #[must_use]
    pub fn new(subject: Subject, role: Role) -> Self {
        Self { subject, roles: vec![role], lines: None, name: None, ttl: Self::DEFAULT_TTL }
    }
}

/// A token could not be made.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    /// The display name is longer than a token may have it.
    #[error("a display name has at most {MAX_NAME_CHARS} characters")]
    Name,
    /// The token would expire beyond the end of the calendar.
    #[error("the lifetime of the token is too long")]
    Ttl,
    /// The key cannot sign.
    #[error("the key cannot sign tokens")]
    Key(#[from] jsonwebtoken::errors::Error),
}

/// Signs tokens of one issuer with one key.
#[derive(Clone)]
pub struct Minter {
    issuer: String,
    audience: Option<String>,
    header: Header,
    key: EncodingKey,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a str>,
    #[serde(skip_serializing_if = "<[Role]>::is_empty")]
    roles: &'a [Role],
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

impl Minter {
    /// Signs with HS256.
    #[must_use]
    pub fn hs256(issuer: impl Into<String>, audience: Option<String>, secret: &SecretString) -> Self {
        let key = EncodingKey::from_secret(secret.expose_secret().as_bytes());
        Self::with(issuer.into(), audience, Algorithm::HS256, key)
    }

    /// Signs with RS256.
    ///
    /// # Errors
    /// The text is no RSA private key in PEM.
    pub fn rs256(issuer: impl Into<String>, audience: Option<String>, private_key: &str) -> Result<Self, MintError> {
        let key = EncodingKey::from_rsa_pem(private_key.as_bytes())?;
        Ok(Self::with(issuer.into(), audience, Algorithm::RS256, key))
    }

    /// Signs with ES256.
    ///
    /// # Errors
    /// The text is no P-256 private key in PKCS#8 PEM.
    pub fn es256(issuer: impl Into<String>, audience: Option<String>, private_key: &str) -> Result<Self, MintError> {
        let key = EncodingKey::from_ec_pem(private_key.as_bytes())?;
        Ok(Self::with(issuer.into(), audience, Algorithm::ES256, key))
    }

    /// Signs with `EdDSA`.
    ///
    /// # Errors
    /// The text is no Ed25519 private key in PKCS#8 PEM.
    pub fn eddsa(issuer: impl Into<String>, audience: Option<String>, private_key: &str) -> Result<Self, MintError> {
        let key = EncodingKey::from_ed_pem(private_key.as_bytes())?;
        Ok(Self::with(issuer.into(), audience, Algorithm::EdDSA, key))
    }

    /// Names the key in every token.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.header.kid = Some(kid.into());
        self
    }

    /// A signed token, valid from `now`.
    ///
    /// # Errors
    /// The request breaks a rule for tokens, or the key cannot sign.
    pub fn mint(&self, request: &TokenRequest, now: DateTime<Utc>) -> Result<String, MintError> {
        if request.name.as_ref().is_some_and(|name| name.chars().count() > MAX_NAME_CHARS) {
            return Err(MintError::Name);
        }
        let ttl = TimeDelta::from_std(request.ttl).map_err(|_| MintError::Ttl)?;
        let expires_at = now.checked_add_signed(ttl).ok_or(MintError::Ttl)?;
        let claims = Claims {
            iss: &self.issuer,
            sub: request.subject.as_str(),
            iat: now.timestamp(),
            exp: expires_at.timestamp(),
            aud: self.audience.as_deref(),
            roles: &request.roles,
            lines: request.lines.as_ref().map(|lines| lines.iter().map(|line| line.as_str()).collect()),
            name: request.name.as_deref(),
        };
        Ok(jsonwebtoken::encode(&self.header, &claims, &self.key)?)
    }

    fn with(issuer: String, audience: Option<String>, algorithm: Algorithm, key: EncodingKey) -> Self {
        Self { issuer, audience, header: Header::new(algorithm), key }
    }
}

impl fmt::Debug for Minter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Minter").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
