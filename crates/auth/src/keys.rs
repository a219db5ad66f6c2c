//! The keys of an issuer, each with the one algorithm it is for.
//!
//! A key comes from the configuration and stays, or is published by the issuer and may be replaced. The *generation* tells
//! the cache of verified tokens that a key was taken back: it counts up whenever a key is no longer there.

mod jwks;
mod published;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey};

pub(crate) use jwks::Jwks;

use crate::token::{Flaw, Unverified};
use crate::verifier::Denied;

/// Smallest RSA modulus in bytes: 2048 bits (RFC 7518, 3.3).
const MIN_RSA_BYTES: usize = 256;

/// One key and the algorithm it is for.
pub(crate) struct Key {
    algorithm: Algorithm,
    /// The algorithm as a header writes it.
    name: &'static str,
    decoding: DecodingKey,
    /// Another one that counts as well, while a secret is replaced.
    also: Option<DecodingKey>,
}

impl Key {
    /// The key, if it can verify anything at all.
    pub(crate) fn new(algorithm: Algorithm, decoding: DecodingKey) -> Option<Self> {
        let name = algorithm_name(algorithm)?;
        // An error means that the key is unusable; a wrong signature is `Ok(false)`.
        jsonwebtoken::crypto::verify("", b"", &decoding, algorithm).ok()?;
        Some(Self { algorithm, name, decoding, also: None })
    }

    /// The same, and this one counts as well.
    pub(crate) fn or(self, also: Option<DecodingKey>) -> Self {
        Self { also, ..self }
    }

    /// A public key in PEM. Private keys and certificates are refused: neither belongs into this place.
    pub(crate) fn from_pem(algorithm: Algorithm, pem: &str) -> Option<Self> {
        if !pem.contains("PUBLIC KEY-----") {
            return None;
        }
        let decoding = match algorithm_name(algorithm)? {
            "RS256" => DecodingKey::from_rsa_pem(pem.as_bytes()),
            "ES256" => DecodingKey::from_ec_pem(pem.as_bytes()),
            _ => DecodingKey::from_ed_pem(pem.as_bytes()),
        };
        // The DER of an RSA key is its modulus and a few bytes more.
        let decoding = decoding.ok().filter(|key| {
            algorithm != Algorithm::RS256 || key.try_get_as_bytes().is_ok_and(|der| der.len() > MIN_RSA_BYTES)
        })?;
        Self::new(algorithm, decoding)
    }

    /// A published key, if its type suits the algorithm.
    fn from_jwk(algorithm: Algorithm, jwk: &Jwk) -> Option<Self> {
        let suits = match &jwk.algorithm {
            AlgorithmParameters::RSA(key) => algorithm == Algorithm::RS256 && modulus_bytes(&key.n) >= MIN_RSA_BYTES,
            AlgorithmParameters::EllipticCurve(key) => {
                algorithm == Algorithm::ES256 && key.curve == EllipticCurve::P256
            }
            AlgorithmParameters::OctetKeyPair(key) => {
                algorithm == Algorithm::EdDSA && key.curve == EllipticCurve::Ed25519
            }
            // A published secret is no secret; other types are none of ours.
            AlgorithmParameters::OctetKey(_) | AlgorithmParameters::Other(_) | _ => false,
        };
        if suits { Self::new(algorithm, DecodingKey::from_jwk(jwk).ok()?) } else { None }
    }

    /// Checks the token's algorithm and signature.
    pub(crate) fn check(&self, token: &Unverified<'_>) -> Result<(), Flaw> {
        if token.header.alg != self.name {
            return Err(Flaw::Algorithm);
        }
        let message = token.message.as_bytes();
        let is_signed_with = |key: &DecodingKey| {
            jsonwebtoken::crypto::verify(token.signature, message, key, self.algorithm).unwrap_or(false)
        };
        if is_signed_with(&self.decoding) || self.also.as_ref().is_some_and(is_signed_with) {
            Ok(())
        } else {
            Err(Flaw::Signature)
        }
    }
}

/// The names of the algorithms that may be configured.
fn algorithm_name(algorithm: Algorithm) -> Option<&'static str> {
    let names = [
        (Algorithm::HS256, "HS256"),
        (Algorithm::RS256, "RS256"),
        (Algorithm::ES256, "ES256"),
        (Algorithm::EdDSA, "EdDSA"),
    ];
    names.into_iter().find(|(known, _)| *known == algorithm).map(|(_, name)| name)
}

fn modulus_bytes(base64url: &str) -> usize {
    // Four characters hold three bytes.
    base64url.len() * 3 / 4
}

/// Where the keys of an issuer come from.
pub(crate) enum KeySource {
    /// One key of the configuration.
    Fixed {
        /// The only `kid` a token may name, if set.
        kid: Option<String>,
        key: Arc<Key>,
    },
    /// Keys the issuer publishes.
    Published(Jwks),
}

/// A key, and the generation of keys it belongs to.
pub(crate) struct Chosen {
    pub(crate) key: Arc<Key>,
    pub(crate) generation: u64,
}

impl KeySource {
    /// The key a token names, or the only one.
    pub(crate) async fn key_for(&self, named: Option<&str>) -> Result<Chosen, Denied> {
        match self {
            Self::Fixed { kid, key } => {
                let names_another = kid.as_deref().zip(named).is_some_and(|(ours, theirs)| ours != theirs);
                if names_another { Err(Flaw::Key.into()) } else { Ok(Chosen { key: Arc::clone(key), generation: 0 }) }
            }
            Self::Published(jwks) => jwks.key_for(named).await,
        }
    }

    /// Whether what was verified with this generation of keys still counts without asking the issuer.
    pub(crate) fn still_counts(&self, generation: u64, now: DateTime<Utc>) -> bool {
        match self {
            Self::Fixed { .. } => true,
            Self::Published(jwks) => jwks.still_counts(generation, now),
        }
    }
}
