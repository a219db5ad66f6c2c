//! The outer form of a token: three parts in base64url, a header, a signature (RFC 7515, 7519).
//!
//! The header is read by hand and not into a library's type, because only two of its fields matter: `alg`, which must
//! repeat what is configured, and `kid`. Whatever else it offers as a key (`jku`, `jwk`, `x5u`, `x5c`) is not even looked at.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};

/// Longest token in bytes: what HTTP servers commonly allow for one header.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Why a token is refused: for the debug log, never for the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    #[error("it is no token")]
    Malformed,
    #[error("its header demands an extension")]
    Critical,
    #[error("its issuer is not configured")]
    Issuer,
    #[error("its algorithm is not the issuer's")]
    Algorithm,
    #[error("the issuer has no such key")]
    Key,
    #[error("its signature is wrong")]
    Signature,
    #[error("a claim is missing or of the wrong type")]
    Claims,
    #[error("it has expired")]
    Expired,
    #[error("it is not valid yet")]
    NotYet,
    #[error("it is for another audience")]
    Audience,
    #[error("its subject cannot be a subject")]
    Subject,
    #[error("its name is too long")]
    Name,
}

/// A token taken apart, nothing of it verified.
pub(crate) struct Unverified<'a> {
    /// Header and payload as they were signed.
    pub(crate) message: &'a str,
    pub(crate) signature: &'a str,
    pub(crate) header: Header,
    payload: Vec<u8>,
}

/// The fields of the header that count.
#[derive(Deserialize)]
pub(crate) struct Header {
    pub(crate) alg: String,
    #[serde(default)]
    pub(crate) kid: Option<String>,
    #[serde(default, deserialize_with = "is_there")]
    crit: bool,
}

#[derive(Deserialize)]
struct Issued {
    iss: String,
}

impl<'a> Unverified<'a> {
    pub(crate) fn parse(token: &'a str) -> Result<Self, Flaw> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Flaw::Malformed);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(Flaw::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(Flaw::Malformed)?;
        let header: Header = object(&decode(header)?).ok_or(Flaw::Malformed)?;
        // We know no extension, so we can honour none (RFC 7515, 4.1.11).
        if header.crit {
            return Err(Flaw::Critical);
        }
        Ok(Self { message, signature, header, payload: decode(payload)? })
    }

    /// Whom the token names as its issuer: good for choosing the configured issuer and nothing else.
    pub(crate) fn claimed_issuer(&self) -> Result<String, Flaw> {
        object::<Issued>(&self.payload).map(|issued| issued.iss).ok_or(Flaw::Claims)
    }

    /// The claims. Only for a token whose signature was checked.
    pub(crate) fn claims<T: DeserializeOwned>(&self) -> Result<T, Flaw> {
        object(&self.payload).ok_or(Flaw::Claims)
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Flaw> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Flaw::Malformed)
}

/// A JSON object. A derived struct would also read an array, field by field.
fn object<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    let starts = json.iter().find(|byte| !byte.is_ascii_whitespace());
    starts.filter(|byte| **byte == b'{').and_then(|_| serde_json::from_slice(json).ok())
}

fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}
