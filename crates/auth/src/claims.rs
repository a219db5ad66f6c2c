//! What a token says, and whether it counts now (contracts, README 4.1).
//!
//! Claims are read only after the signature was checked. A claim of the wrong type, `null` included, spoils the whole
//! token: guessing what the issuer meant is how privileges leak.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Line, Role, Subject};
use serde::{Deserialize, Deserializer};

use crate::Caller;
use crate::issuer::Issuer;
use crate::token::Flaw;

/// How far the clocks of issuer and verifier may differ (contracts, README 4.1).
const LEEWAY: TimeDelta = TimeDelta::seconds(30);

/// Most characters in a display name (contracts, README 4.1).
pub(crate) const MAX_NAME_CHARS: usize = 200;

/// Whether a token with this `exp` is over.
pub(crate) fn is_expired(expires_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - LEEWAY >= expires_at
}

/// The claims we read. Others are ignored.
#[derive(Deserialize)]
pub(crate) struct Claims {
    sub: String,
    exp: NumericDate,
    iat: NumericDate,
    #[serde(default, deserialize_with = "not_null")]
    nbf: Option<NumericDate>,
    #[serde(default, deserialize_with = "not_null")]
    aud: Option<Audience>,
    #[serde(default, deserialize_with = "not_null")]
    roles: Option<Vec<String>>,
    #[serde(default, deserialize_with = "not_null")]
    lines: Option<Vec<String>>,
    #[serde(default, deserialize_with = "not_null")]
    name: Option<String>,
}

impl Claims {
    /// The caller, if the claims count now and for this issuer's audience.
    pub(crate) fn into_caller(self, issuer: &Issuer, now: DateTime<Utc>) -> Result<Caller, Flaw> {
        let audience = issuer.audience.as_deref();
        if is_expired(self.exp.0, now) {
            return Err(Flaw::Expired);
        }
        let latest = now + LEEWAY;
        if self.iat.0 > latest || self.nbf.as_ref().is_some_and(|from| from.0 > latest) {
            return Err(Flaw::NotYet);
        }
        if audience.is_some_and(|wanted| !self.aud.as_ref().is_some_and(|aud| aud.contains(wanted))) {
            return Err(Flaw::Audience);
        }
        if self.name.as_ref().is_some_and(|name| name.chars().count() > MAX_NAME_CHARS) {
            return Err(Flaw::Name);
        }
        Ok(Caller {
            subject: Subject::try_from(self.sub).map_err(|_| Flaw::Subject)?,
            role: strongest(&self.roles.unwrap_or_default()).min(issuer.strongest_role),
            lines: lines(self.lines.as_deref()),
            name: self.name,
            expires_at: self.exp.0,
        })
    }
}

/// The strongest known role, or customer.
fn strongest(names: &[String]) -> Role {
    let known = Role::ALL.into_iter().filter(|role| names.iter().any(|name| name == role.as_str()));
    known.max().unwrap_or(Role::Customer)
}

/// Every line if the claim is absent, else the known ones among the named.
fn lines(names: Option<&[String]>) -> Vec<Line> {
    let named = |line: &Line| names.is_none_or(|names| names.iter().any(|name| name == line.as_str()));
    Line::ALL.into_iter().filter(named).collect()
}

/// One audience or several (RFC 7519, 4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn contains(&self, wanted: &str) -> bool {
        match self {
            Self::One(name) => name == wanted,
            Self::Many(names) => names.iter().any(|name| name == wanted),
        }
    }
}

/// Seconds since 1970, perhaps with a fraction (RFC 7519, 2).
struct NumericDate(DateTime<Utc>);

/// Dates are clamped to the years 1 and 9999, so that adding a leeway cannot overflow; some issuers write "never" as the
/// largest number they know.
const EARLIEST_S: f64 = -62_135_596_800.0;
const LATEST_S: f64 = 253_402_300_799.0;
const MICROS_PER_S: f64 = 1_000_000.0;

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?.clamp(EARLIEST_S, LATEST_S);
        #[expect(clippy::cast_possible_truncation, reason = "clamped well inside i64")]
        let micros = (seconds * MICROS_PER_S).round() as i64;
        DateTime::from_timestamp_micros(micros).map(Self).ok_or_else(|| serde::de::Error::custom("not a date"))
    }
}

/// A claim that is there must have its type: `null` is not the same as absent.
fn not_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
