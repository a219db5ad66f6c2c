//! Tokens as an attacker writes them: any header, any claims, any key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{Clock as _, SystemClock};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

/// The secret of [`HS_ISSUER`].
pub const HS_SECRET: &str = "5b1f0a77c2d94e8eb3a6f1d20c4b8e9f7a35d1c6e8b2094f";
/// The secret of [`AUDIENCE_ISSUER`].
pub const AUDIENCE_SECRET: &str = "c80e61f7d3b24a95a1e07f5c9d2b6e48f0a1b3c5d7e9f218";
/// The secret that services sign their own tokens with.
pub const SERVICE_SECRET: &str = "e49d7a105c3b4f86927fd0b1a8c6e35d4f7092b8a1c3e5d7";
/// A secret that nobody trusts.
pub const FOREIGN_SECRET: &str = "00112233445566778899aabbccddeeff0123456789abcdef";

/// Signs with HS256.
pub const HS_ISSUER: &str = "https://hs.test";
/// Signs with RS256; its key is named `rs-1`.
pub const RS_ISSUER: &str = "https://rs.test";
/// Signs with ES256.
pub const ES_ISSUER: &str = "https://es.test";
/// Signs with EdDSA.
pub const ED_ISSUER: &str = "https://ed.test";
/// Signs with HS256, for the audience `crossdesk`.
pub const AUDIENCE_ISSUER: &str = "https://aud.test";
/// Who signs the services' own tokens.
pub const SERVICE_ISSUER: &str = "crossdesk-services";

/// The private keys: `one` of each kind is trusted, `two` belongs to the attacker.
pub const RSA_ONE: &str = include_str!("../../../crates/auth/tests/keys/test_rsa_one.private.pem");
/// The attacker's.
pub const RSA_TWO: &str = include_str!("../../../crates/auth/tests/keys/test_rsa_two.private.pem");
/// Trusted.
pub const EC_ONE: &str = include_str!("../../../crates/auth/tests/keys/test_ec_one.private.pem");
/// The attacker's.
pub const EC_TWO: &str = include_str!("../../../crates/auth/tests/keys/test_ec_two.private.pem");
/// Trusted.
pub const ED_ONE: &str = include_str!("../../../crates/auth/tests/keys/test_ed_one.private.pem");
/// The attacker's.
pub const ED_TWO: &str = include_str!("../../../crates/auth/tests/keys/test_ed_two.private.pem");
/// What everybody knows.
pub const RSA_PUBLIC: &str = include_str!("../../../crates/auth/tests/keys/test_rsa_one.public.pem");
/// What everybody knows.
pub const EC_PUBLIC: &str = include_str!("../../../crates/auth/tests/keys/test_ec_one.public.pem");
/// What everybody knows.
pub const ED_PUBLIC: &str = include_str!("../../../crates/auth/tests/keys/test_ed_one.public.pem");

/// What signs.
#[derive(Debug, Clone, Copy)]
pub enum Signer<'a> {
    /// HMAC with SHA-256, with any bytes as the secret.
    Hs(&'a [u8]),
    /// The same with another hash.
    HsOther(Algorithm, &'a [u8]),
    /// RSA, with this algorithm.
    Rsa(Algorithm, &'a str),
    /// ECDSA on P-256.
    Ec(&'a str),
    /// Ed25519.
    Ed(&'a str),
}

/// The trusted issuers as the configuration writes them.
#[must_use]
pub fn issuers() -> Value {
    json!([
        {"issuer": HS_ISSUER, "hs256_secret": HS_SECRET},
        {"issuer": RS_ISSUER, "rs256_public_key": RSA_PUBLIC, "kid": "rs-1"},
        {"issuer": ES_ISSUER, "es256_public_key": EC_PUBLIC},
        {"issuer": ED_ISSUER, "eddsa_public_key": ED_PUBLIC},
        {"issuer": AUDIENCE_ISSUER, "hs256_secret": AUDIENCE_SECRET, "audience": "crossdesk"},
    ])
}

/// Seconds since 1970.
#[must_use]
pub fn now() -> i64 {
    SystemClock.now().timestamp()
}

/// The claims of a good token.
#[must_use]
pub fn claims(issuer: &str) -> Value {
    json!({"iss": issuer, "sub": "user_1", "iat": now(), "exp": now() + 3600, "roles": ["customer"]})
}

/// Good claims with some members set otherwise.
#[must_use]
pub fn with(issuer: &str, members: Value) -> Value {
    let mut claims = claims(issuer);
    if let (Some(claims), Value::Object(members)) = (claims.as_object_mut(), members) {
        claims.extend(members);
    }
    claims
}

/// Good claims without a member.
#[must_use]
pub fn without(issuer: &str, member: &str) -> Value {
    let mut claims = claims(issuer);
    if let Some(claims) = claims.as_object_mut() {
        claims.remove(member);
    }
    claims
}

/// A part of a token.
#[must_use]
pub fn part(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Signs a message.
#[must_use]
pub fn sign(message: &str, signer: Signer<'_>) -> String {
    let (algorithm, key) = match signer {
        Signer::Hs(secret) => (Algorithm::HS256, EncodingKey::from_secret(secret)),
        Signer::HsOther(algorithm, secret) => (algorithm, EncodingKey::from_secret(secret)),
        Signer::Rsa(algorithm, pem) => (algorithm, EncodingKey::from_rsa_pem(pem.as_bytes()).expect("an RSA key")),
        Signer::Ec(pem) => (Algorithm::ES256, EncodingKey::from_ec_pem(pem.as_bytes()).expect("an EC key")),
        Signer::Ed(pem) => (Algorithm::EdDSA, EncodingKey::from_ed_pem(pem.as_bytes()).expect("an Ed25519 key")),
    };
    jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).expect("a signature")
}

/// A token of raw header and payload texts, signed as they stand.
#[must_use]
pub fn raw(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>, signer: Signer<'_>) -> String {
    let message = format!("{}.{}", part(header), part(payload));
    format!("{message}.{}", sign(&message, signer))
}

/// A token.
#[must_use]
pub fn token(header: &Value, claims: &Value, signer: Signer<'_>) -> String {
    raw(header.to_string(), claims.to_string(), signer)
}

/// An HS256 token of [`HS_ISSUER`] with these claims.
#[must_use]
pub fn signed(claims: &Value) -> String {
    token(&json!({"alg": "HS256", "typ": "JWT"}), claims, Signer::Hs(HS_SECRET.as_bytes()))
}

/// A good token of the HS256 issuer.
#[must_use]
pub fn good() -> String {
    signed(&claims(HS_ISSUER))
}
