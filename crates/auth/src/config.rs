//! Which issuers are trusted, as configuration writes it, and what can be wrong with it.
//!
//! Whatever is wrong stops the program at its start and names the issuer: a verifier that trusts less, or more, than the
//! operator meant must not come up.

use domain::Role;
use secrecy::SecretString;
use serde::Deserialize;

/// One trusted issuer. Exactly one of the key sources is set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// The `iss` of its tokens, compared byte for byte.
    pub issuer: String,
    /// What `aud` must contain. Not set: `aud` does not count.
    pub audience: Option<String>,
    /// Key source: the secret of HS256, at least 32 bytes.
    pub hs256_secret: Option<SecretString>,
    /// A second secret of HS256 that counts as well, while one is replaced by another.
    pub hs256_secret_also: Option<SecretString>,
    /// Key source: an RSA public key for RS256 in PEM, at least 2048 bits.
    pub rs256_public_key: Option<String>,
    /// Key source: a P-256 public key for ES256 in PEM.
    pub es256_public_key: Option<String>,
    /// Key source: an Ed25519 public key for `EdDSA` in PEM.
    pub eddsa_public_key: Option<String>,
    /// Key source: where the issuer publishes its keys (RFC 7517).
    pub jwks_url: Option<String>,
    /// The algorithm of the published keys. Not set: RS256.
    pub jwks_algorithm: Option<JwksAlgorithm>,
    /// The id of the one key. If set, a token that names another key is refused, unless a second secret counts as well.
    /// Published keys bring their own ids.
    pub kid: Option<String>,
    /// The strongest role its tokens can give, whatever they say. Not set: any.
    pub strongest_role: Option<Role>,
}

impl IssuerConfig {
    /// An issuer that signs with a shared secret.
    #[must_use]
    pub fn hs256(issuer: impl Into<String>, secret: &str) -> Self {
        Self { issuer: issuer.into(), hs256_secret: Some(secret.to_owned().into()), ..Self::default() }
    }
}

/// An algorithm whose keys can be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum JwksAlgorithm {
    /// RSA PKCS#1 v1.5 with SHA-256.
    #[default]
    RS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl From<JwksAlgorithm> for jsonwebtoken::Algorithm {
    fn from(algorithm: JwksAlgorithm) -> Self {
        match algorithm {
            JwksAlgorithm::RS256 => Self::RS256,
            JwksAlgorithm::ES256 => Self::ES256,
            JwksAlgorithm::EdDsa => Self::EdDSA,
        }
    }
}

/// The list of issuers cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// An entry has an empty `issuer`.
    #[error("an issuer has no name: `issuer` is what `iss` of its tokens says")]
    NoName,
    /// Two entries have the same `issuer`.
    #[error("issuer {0:?} is configured twice")]
    Twice(String),
    /// An entry has no key source, or more than one.
    #[error(
        "issuer {issuer:?} has {count} key sources and needs exactly one of hs256_secret, rs256_public_key, \
         es256_public_key, eddsa_public_key, jwks_url"
    )]
    KeySources {
        /// Which issuer.
        issuer: String,
        /// How many of the sources are set.
        count: usize,
    },
    /// The HS256 secret is shorter than the hash it keys (RFC 7518, 3.2).
    #[error("the hs256_secret of issuer {0:?} has fewer than 32 bytes")]
    ShortSecret(String),
    /// The public key is no key of its algorithm.
    #[error("the {key} of issuer {issuer:?} is not a usable public key in PEM")]
    Key {
        /// Which issuer.
        issuer: String,
        /// Which entry.
        key: &'static str,
    },
    /// The URL of the published keys is no HTTP URL.
    #[error("the jwks_url of issuer {0:?} is not an http or https URL")]
    JwksUrl(String),
    /// An entry is set that its key source does not use.
    #[error("{key} of issuer {issuer:?} has no meaning with its key source")]
    Unused {
        /// Which issuer.
        issuer: String,
        /// Which entry.
        key: &'static str,
    },
}
