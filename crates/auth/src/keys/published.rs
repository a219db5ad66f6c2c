//! What an issuer publishes: a set of keys (RFC 7517), of which we keep those that suit its configured algorithm.
//!
//! A key we cannot read or may not use is skipped and not an error: issuers publish keys for others in the same set.

use std::sync::Arc;

use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyOperations, PublicKeyUse};
use serde::Deserialize;

use super::Key;

/// A usable key of the set.
pub(super) struct PublishedKey {
    kid: Option<String>,
    pub(super) key: Arc<Key>,
    material: AlgorithmParameters,
}

impl PublishedKey {
    fn read(value: serde_json::Value, algorithm: Algorithm) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        let common = &jwk.common;
        let is_for_signatures = common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
        let operations = common.key_operations.as_ref();
        let may_verify = operations.is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        let is_of_algorithm = common.key_algorithm.is_none_or(|named| named == algorithm.into());
        if !(is_for_signatures && may_verify && is_of_algorithm) {
            return None;
        }
        let key = Arc::new(Key::from_jwk(algorithm, &jwk)?);
        Some(Self { kid: jwk.common.key_id, key, material: jwk.algorithm })
    }

    fn is_same_as(&self, other: &Self) -> bool {
        self.kid == other.kid && self.material == other.material
    }
}

/// The usable keys of one answer.
pub(super) struct PublishedKeys(Vec<PublishedKey>);

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

impl PublishedKeys {
    pub(super) fn parse(body: &[u8], algorithm: Algorithm) -> Result<Self, serde_json::Error> {
        let set: KeySet = serde_json::from_slice(body)?;
        Ok(Self(set.keys.into_iter().filter_map(|value| PublishedKey::read(value, algorithm)).collect()))
    }

    /// The key of that name. A token that names none gets the only key; of several, none is tried in turn.
    pub(super) fn select(&self, kid: Option<&str>) -> Option<&Arc<Key>> {
        let found = match (kid, self.0.as_slice()) {
            (Some(_), keys) => keys.iter().find(|key| key.kid.as_deref() == kid),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        found.map(|found| &found.key)
    }

    /// Whether a key of `self` is missing in `next`.
    pub(super) fn lose_a_key_in(&self, next: &Self) -> bool {
        self.0.iter().any(|old| !next.0.iter().any(|new| new.is_same_as(old)))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
