//! What the tests share: keys made for them, a clock that stands still, and tokens signed by hand, flaws included.

use std::sync::Arc;

use auth::{IssuerConfig, Verifier};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use domain::MockClock;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

pub(crate) const RSA_ONE: &str = include_str!("../keys/test_rsa_one.private.pem");
pub(crate) const RSA_ONE_PUBLIC: &str = include_str!("../keys/test_rsa_one.public.pem");
pub(crate) const RSA_TWO: &str = include_str!("../keys/test_rsa_two.private.pem");
pub(crate) const EC_ONE: &str = include_str!("../keys/test_ec_one.private.pem");
pub(crate) const EC_ONE_PUBLIC: &str = include_str!("../keys/test_ec_one.public.pem");
pub(crate) const EC_TWO: &str = include_str!("../keys/test_ec_two.private.pem");
pub(crate) const ED_ONE: &str = include_str!("../keys/test_ed_one.private.pem");
pub(crate) const ED_ONE_PUBLIC: &str = include_str!("../keys/test_ed_one.public.pem");
pub(crate) const ED_TWO: &str = include_str!("../keys/test_ed_two.private.pem");

pub(crate) const ISSUER: &str = "https://issuer.test";
pub(crate) const SECRET: &str = "the secret of the tests, 32 bytes or more";
/// When the tests take place, in seconds since 1970.
pub(crate) const NOW: i64 = 1_773_000_000;

pub(crate) fn clock() -> Arc<MockClock> {
    Arc::new(MockClock::at(DateTime::from_timestamp(NOW, 0).unwrap()))
}

pub(crate) fn http() -> reqwest::Client {
    // Fails if another test was first, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().build().unwrap()
}

pub(crate) fn issuer() -> IssuerConfig {
    IssuerConfig { issuer: ISSUER.to_owned(), ..IssuerConfig::default() }
}

pub(crate) fn hs256_issuer() -> IssuerConfig {
    IssuerConfig { hs256_secret: Some(SECRET.into()), ..issuer() }
}

pub(crate) fn verifier(config: IssuerConfig) -> Verifier {
    Verifier::new(vec![config], clock(), http()).unwrap()
}

pub(crate) fn hs256_key() -> EncodingKey {
    EncodingKey::from_secret(SECRET.as_bytes())
}

/// The smallest set of claims that counts.
pub(crate) fn claims() -> Value {
    json!({ "iss": ISSUER, "sub": "user_123", "iat": NOW, "exp": NOW + 3600 })
}

/// A token with any header and any payload, signed with a key for an algorithm.
pub(crate) fn signed(header: &Value, payload: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let message = format!("{}.{}", encode(header), encode(payload));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// A token of the HS256 issuer.
pub(crate) fn hs256(payload: &Value) -> String {
    signed(&json!({ "alg": "HS256", "typ": "JWT" }), payload, &hs256_key(), Algorithm::HS256)
}

/// The claims with one of them set.
pub(crate) fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}
