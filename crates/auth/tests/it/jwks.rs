//! Published keys: fetched, renewed, taken back, unreachable.

use std::sync::Arc;
use std::time::Duration;

use auth::{IssuerConfig, JwksAlgorithm, Refused, Verifier};
use chrono::TimeDelta;
use domain::MockClock;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::keys::{self, claims, clock, http, issuer, signed, with};

/// An issuer with its keys at an address, and a verifier that trusts it.
struct Issuer {
    server: MockServer,
    clock: Arc<MockClock>,
    verifier: Verifier,
}

impl Issuer {
    async fn start(algorithm: Option<JwksAlgorithm>) -> Self {
        let (server, clock) = (MockServer::start().await, clock());
        let jwks_url = Some(format!("{}/keys", server.uri()));
        let config = IssuerConfig { jwks_url, jwks_algorithm: algorithm, ..issuer() };
        let verifier = Verifier::new(vec![config], Arc::clone(&clock) as _, http()).unwrap();
        Self { server, clock, verifier }
    }

    /// An issuer of RS256 tokens that publishes these keys.
    async fn publishing(keys: &[Value]) -> Self {
        let issuer = Self::start(None).await;
        issuer.publish(keys).await;
        issuer
    }

    async fn publish(&self, keys: &[Value]) {
        self.answer(ResponseTemplate::new(200).set_body_json(json!({ "keys": keys }))).await;
    }

    async fn answer(&self, answer: ResponseTemplate) {
        self.server.reset().await;
        Mock::given(path("/keys")).respond_with(answer).mount(&self.server).await;
    }

    /// Fetches since the last change of the answer.
    async fn fetches(&self) -> usize {
        self.server.received_requests().await.unwrap().len()
    }

    async fn accepts(&self, token: &str) -> bool {
        match self.verifier.verify(token).await {
            Ok(_) => true,
            Err(refused) => {
                assert_eq!(refused, Refused::Token);
                false
            }
        }
    }

    fn later(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }
}

fn rsa(private_key: &str) -> EncodingKey {
    EncodingKey::from_rsa_pem(private_key.as_bytes()).unwrap()
}

/// The public half of a key as an issuer publishes it.
fn published(key: &EncodingKey, algorithm: Algorithm, kid: &str) -> Value {
    let mut jwk = serde_json::to_value(Jwk::from_encoding_key(key, algorithm).unwrap()).unwrap();
    jwk["kid"] = json!(kid);
    jwk["use"] = json!("sig");
    jwk
}

fn key_one() -> Value {
    published(&rsa(keys::RSA_ONE), Algorithm::RS256, "one")
}

fn key_two() -> Value {
    published(&rsa(keys::RSA_TWO), Algorithm::RS256, "two")
}

fn token(private_key: &str, header: &Value) -> String {
    signed(header, &with("exp", json!(keys::NOW + 86_400)), &rsa(private_key), Algorithm::RS256)
}

fn token_one() -> String {
    token(keys::RSA_ONE, &json!({ "alg": "RS256", "kid": "one" }))
}

fn token_two() -> String {
    token(keys::RSA_TWO, &json!({ "alg": "RS256", "kid": "two" }))
}

#[tokio::test]
async fn published_keys_of_every_algorithm_verify() {
    let cases = [
        (JwksAlgorithm::RS256, Algorithm::RS256, "RS256", rsa(keys::RSA_ONE)),
        (JwksAlgorithm::ES256, Algorithm::ES256, "ES256", EncodingKey::from_ec_pem(keys::EC_ONE.as_bytes()).unwrap()),
        (JwksAlgorithm::EdDsa, Algorithm::EdDSA, "EdDSA", EncodingKey::from_ed_pem(keys::ED_ONE.as_bytes()).unwrap()),
    ];
    for (configured, algorithm, name, key) in cases {
        let issuer = Issuer::start(Some(configured)).await;
        issuer.publish(&[published(&key, algorithm, "k")]).await;
        let header = json!({ "alg": name, "kid": "k" });
        assert!(issuer.accepts(&signed(&header, &claims(), &key, algorithm)).await, "{name}");
    }
}

#[tokio::test]
async fn a_new_key_is_found_at_most_every_30_seconds() {
    let issuer = Issuer::publishing(&[key_one()]).await;
    assert!(issuer.accepts(&token_one()).await);
    assert!(!issuer.accepts(&token_two()).await);
    assert_eq!(issuer.fetches().await, 2, "the first one, and one for the unknown key");

    issuer.publish(&[key_one(), key_two()]).await;
    issuer.later(29);
    assert!(!issuer.accepts(&token_two()).await);
    assert_eq!(issuer.fetches().await, 0);
    issuer.later(1);
    assert!(issuer.accepts(&token_two()).await);
    assert!(issuer.accepts(&token_one()).await);
    assert_eq!(issuer.fetches().await, 1);
}

#[tokio::test]
async fn made_up_keys_cause_no_storm() {
    let issuer = Issuer::publishing(&[key_one()]).await;
    assert!(issuer.accepts(&token_one()).await);
    for made_up in 0..20 {
        let header = json!({ "alg": "RS256", "kid": format!("made up {made_up}") });
        assert!(!issuer.accepts(&token(keys::RSA_ONE, &header)).await);
    }
    assert_eq!(issuer.fetches().await, 2);
}

#[tokio::test]
async fn a_removed_key_is_refused_even_if_its_token_is_remembered() {
    let issuer = Issuer::publishing(&[key_one(), key_two()]).await;
    assert!(issuer.accepts(&token_one()).await && issuer.accepts(&token_two()).await);

    issuer.publish(&[key_two()]).await;
    issuer.later(599);
    assert!(issuer.verifier.verify_cached(&token_one()).is_some(), "nobody has asked the issuer yet");
    issuer.later(1);
    assert!(issuer.verifier.verify_cached(&token_one()).is_none());
    assert!(issuer.accepts(&token_two()).await);
    assert!(issuer.verifier.verify_cached(&token_one()).is_none());
    assert!(!issuer.accepts(&token_one()).await);
}

#[tokio::test]
async fn a_key_replaced_under_its_own_name_is_refused() {
    let issuer = Issuer::publishing(&[key_one()]).await;
    assert!(issuer.accepts(&token_one()).await);
    let mut replaced = key_two();
    replaced["kid"] = json!("one");
    issuer.publish(&[replaced]).await;
    issuer.later(600);
    assert!(!issuer.accepts(&token_one()).await);
    assert!(issuer.accepts(&token(keys::RSA_TWO, &json!({ "alg": "RS256", "kid": "one" }))).await);
}

#[tokio::test]
async fn keys_stay_in_use_while_the_issuer_is_down() {
    let issuer = Issuer::publishing(&[key_one()]).await;
    assert!(issuer.accepts(&token_one()).await);
    for answer in [
        ResponseTemplate::new(500),
        ResponseTemplate::new(200).set_body_string("<html>"),
        ResponseTemplate::new(200).set_body_json(json!({ "keys": "none" })),
        ResponseTemplate::new(200).set_body_string(" ".repeat(300 * 1024)),
    ] {
        issuer.answer(answer).await;
        issuer.later(3600);
        for _ in 0..3 {
            assert!(issuer.accepts(&token_one()).await);
            assert!(issuer.verifier.verify_cached(&token_one()).is_some());
        }
        assert_eq!(issuer.fetches().await, 1, "a failed renewal waits, too");
    }
}

#[tokio::test]
async fn without_any_keys_nothing_can_be_said() {
    let issuer = Issuer::start(None).await;
    issuer.answer(ResponseTemplate::new(503)).await;
    for _ in 0..3 {
        assert_eq!(issuer.verifier.verify(&token_one()).await, Err(Refused::KeysUnavailable));
    }
    assert_eq!(issuer.fetches().await, 1);

    issuer.publish(&[key_one()]).await;
    issuer.later(1);
    assert!(issuer.accepts(&token_one()).await);
}

#[tokio::test]
async fn an_unreachable_issuer_is_no_keys_but_other_issuers_still_count() {
    // Nobody listens there any more.
    let gone = { format!("{}/keys", MockServer::builder().start().await.uri()) };
    let down = IssuerConfig { issuer: "https://down.test".to_owned(), jwks_url: Some(gone), ..issuer() };
    let verifier = Verifier::new(vec![down, keys::hs256_issuer()], clock(), http()).unwrap();
    let header = json!({ "alg": "RS256", "kid": "one" });
    let token = signed(&header, &with("iss", json!("https://down.test")), &rsa(keys::RSA_ONE), Algorithm::RS256);
    assert_eq!(verifier.verify(&token).await, Err(Refused::KeysUnavailable));
    assert!(verifier.verify(&keys::hs256(&claims())).await.is_ok());
}

/// Verifies a token 20 times at once.
async fn all_accept(issuer: &Issuer, token: &str) -> bool {
    let verifications: Vec<_> = (0..20)
        .map(|_| {
            let (verifier, token) = (issuer.verifier.clone(), token.to_owned());
            tokio::spawn(async move { verifier.verify(&token).await.is_ok() })
        })
        .collect();
    let mut accepted = true;
    for verification in verifications {
        accepted &= verification.await.unwrap();
    }
    accepted
}

#[tokio::test]
async fn concurrent_verifications_share_one_fetch() {
    let slow = |keys: &[Value]| {
        let answer = ResponseTemplate::new(200).set_body_json(json!({ "keys": keys }));
        answer.set_delay(Duration::from_millis(100))
    };
    let issuer = Issuer::start(None).await;
    issuer.answer(slow(&[key_one()])).await;
    assert!(all_accept(&issuer, &token_one()).await, "the first fetch");
    assert_eq!(issuer.fetches().await, 1);

    issuer.answer(slow(&[key_one(), key_two()])).await;
    assert!(all_accept(&issuer, &token_two()).await, "an unknown key");
    assert_eq!(issuer.fetches().await, 1);

    issuer.answer(slow(&[key_one(), key_two()])).await;
    issuer.later(600);
    assert!(all_accept(&issuer, &token_one()).await, "a renewal");
    assert_eq!(issuer.fetches().await, 1);
}

#[tokio::test]
async fn a_client_who_hangs_up_does_not_stop_the_fetch() {
    let issuer = Issuer::start(None).await;
    let slow = ResponseTemplate::new(200).set_body_json(json!({ "keys": [key_one()] }));
    issuer.answer(slow.set_delay(Duration::from_millis(100))).await;
    let token = token_one();
    let hung_up = tokio::time::timeout(Duration::from_millis(20), issuer.verifier.verify(&token)).await;
    assert!(hung_up.is_err());
    assert!(issuer.accepts(&token).await);
    assert_eq!(issuer.fetches().await, 1);
}

#[tokio::test]
async fn only_keys_that_suit_the_algorithm_and_its_use_count() {
    let change = |name: &str, value: Value| {
        let mut key = key_one();
        key[name] = value;
        key
    };
    let secret = EncodingKey::from_secret(keys::SECRET.as_bytes());
    let unsuitable = [
        change("use", json!("enc")),
        change("alg", json!("RS512")),
        change("alg", json!("HS256")),
        change("key_ops", json!(["sign"])),
        change("kty", json!("EC")),
        change("n", json!("AQAB")),
        published(&secret, Algorithm::HS256, "one"),
        json!({ "kid": "one" }),
        json!("one"),
    ];
    for key in unsuitable {
        let issuer = Issuer::publishing(&[key.clone(), key_two()]).await;
        assert!(!issuer.accepts(&token_one()).await, "{key}");
        assert!(issuer.accepts(&token_two()).await, "{key} spoils the others");
    }
    let suitable = change("key_ops", json!(["verify"]));
    assert!(Issuer::publishing(&[suitable]).await.accepts(&token_one()).await);
    let hs256 = signed(&json!({ "alg": "HS256", "kid": "one" }), &claims(), &secret, Algorithm::HS256);
    let secret_issuer = Issuer::publishing(&[published(&secret, Algorithm::HS256, "one"), key_one()]).await;
    assert!(!secret_issuer.accepts(&hs256).await, "a published secret is no key");
}

#[tokio::test]
async fn a_token_that_names_no_key_gets_the_only_one() {
    let nameless = token(keys::RSA_ONE, &json!({ "alg": "RS256" }));
    assert!(Issuer::publishing(&[key_one()]).await.accepts(&nameless).await);
    assert!(!Issuer::publishing(&[key_one(), key_two()]).await.accepts(&nameless).await);
}
