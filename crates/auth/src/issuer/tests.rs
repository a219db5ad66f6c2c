use domain::SystemClock;

use super::*;
use crate::{JwksAlgorithm, Verifier};

const RSA: &str = include_str!("../../tests/keys/test_rsa_one.public.pem");
const RSA_PRIVATE: &str = include_str!("../../tests/keys/test_rsa_one.private.pem");
const RSA_1024: &str = include_str!("../../tests/keys/test_rsa_1024.public.pem");
const EC: &str = include_str!("../../tests/keys/test_ec_one.public.pem");
const EC_P384: &str = include_str!("../../tests/keys/test_ec_p384.public.pem");
const ED: &str = include_str!("../../tests/keys/test_ed_one.public.pem");

fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().build().unwrap()
}

fn named() -> IssuerConfig {
    IssuerConfig { issuer: "https://issuer.test".to_owned(), ..IssuerConfig::default() }
}

fn result(issuers: Vec<IssuerConfig>) -> Result<(), ConfigError> {
    Verifier::new(issuers, Arc::new(SystemClock), http()).map(|_| ())
}

fn secret(bytes: usize) -> Option<SecretString> {
    Some("s".repeat(bytes).into())
}

#[test]
fn every_key_source_is_usable_alone() {
    let jwks_url = Some("https://issuer.test/keys".to_owned());
    let good = [
        IssuerConfig { hs256_secret: secret(32), ..named() },
        IssuerConfig { hs256_secret: secret(32), kid: Some("a".to_owned()), ..named() },
        IssuerConfig { hs256_secret: secret(32), hs256_secret_also: secret(40), ..named() },
        IssuerConfig { rs256_public_key: Some(RSA.to_owned()), ..named() },
        IssuerConfig { es256_public_key: Some(EC.to_owned()), ..named() },
        IssuerConfig { eddsa_public_key: Some(ED.to_owned()), ..named() },
        IssuerConfig { jwks_url: jwks_url.clone(), ..named() },
        IssuerConfig { jwks_url, jwks_algorithm: Some(JwksAlgorithm::EdDsa), ..named() },
    ];
    for config in good {
        assert_eq!(result(vec![config.clone()]), Ok(()), "{config:?}");
    }
}

#[test]
fn what_cannot_be_used_stops_the_start_and_names_the_issuer() {
    let short = IssuerConfig { hs256_secret: secret(31), ..named() };
    let both = IssuerConfig { hs256_secret: secret(32), rs256_public_key: Some(RSA.to_owned()), ..named() };
    let with_kid = IssuerConfig { jwks_url: Some("https://a.test/".into()), kid: Some("a".into()), ..named() };
    let short_also = IssuerConfig { hs256_secret: secret(32), hs256_secret_also: secret(31), ..named() };
    let lonely = IssuerConfig { rs256_public_key: Some(RSA.to_owned()), hs256_secret_also: secret(40), ..named() };
    let bad = [
        (short_also, "fewer than 32 bytes"),
        (lonely, "hs256_secret_also"),
        (named(), "0 key sources"),
        (both, "2 key sources"),
        (short, "fewer than 32 bytes"),
        (IssuerConfig { rs256_public_key: Some(RSA_PRIVATE.to_owned()), ..named() }, "rs256_public_key"),
        (IssuerConfig { rs256_public_key: Some(RSA_1024.to_owned()), ..named() }, "rs256_public_key"),
        (IssuerConfig { rs256_public_key: Some(EC.to_owned()), ..named() }, "rs256_public_key"),
        (IssuerConfig { es256_public_key: Some(EC_P384.to_owned()), ..named() }, "es256_public_key"),
        (IssuerConfig { es256_public_key: Some(ED.to_owned()), ..named() }, "es256_public_key"),
        (IssuerConfig { eddsa_public_key: Some(RSA.to_owned()), ..named() }, "eddsa_public_key"),
        (IssuerConfig { eddsa_public_key: Some(String::new()), ..named() }, "eddsa_public_key"),
        (IssuerConfig { jwks_url: Some("ftp://a.test/keys".to_owned()), ..named() }, "jwks_url"),
        (IssuerConfig { jwks_url: Some("keys.json".to_owned()), ..named() }, "jwks_url"),
        (with_kid, "kid"),
        (IssuerConfig { hs256_secret: secret(32), jwks_algorithm: Some(JwksAlgorithm::RS256), ..named() }, "jwks_alg"),
    ];
    for (config, says) in bad {
        let error = result(vec![config]).unwrap_err().to_string();
        assert!(error.contains("https://issuer.test") && error.contains(says), "{error} lacks {says}");
    }
}

#[test]
fn an_issuer_has_a_name_and_only_one_entry() {
    let config = IssuerConfig { hs256_secret: secret(32), ..named() };
    let nameless = IssuerConfig { issuer: String::new(), ..config.clone() };
    assert_eq!(result(vec![nameless]), Err(ConfigError::NoName));
    assert_eq!(result(vec![config.clone(), config]), Err(ConfigError::Twice("https://issuer.test".to_owned())));
}

#[tokio::test]
async fn while_a_secret_is_replaced_both_count_and_no_third() {
    let key = |letter: &str| Some(secrecy_of(letter));
    let both = IssuerConfig { hs256_secret: key("o"), hs256_secret_also: key("n"), ..named() };
    let one = IssuerConfig { hs256_secret: key("n"), ..named() };
    let verdict = async |config: &IssuerConfig, letter: &str| {
        let verifier = Verifier::new(vec![config.clone()], Arc::new(SystemClock), http()).unwrap();
        let minter = crate::Minter::hs256("https://issuer.test", None, &secrecy_of(letter));
        let request = crate::TokenRequest::new("user_1".try_into().unwrap(), Role::Customer);
        verifier.verify(&minter.mint(&request, SystemClock.now()).unwrap()).await.is_ok()
    };
    assert!(verdict(&both, "o").await && verdict(&both, "n").await, "old and new are good");
    assert!(!verdict(&both, "x").await, "a third one is not");
    assert!(verdict(&one, "n").await && !verdict(&one, "o").await, "the old one is dead");
}

/// Issuers that name their keys give the new one a new name.
#[tokio::test]
async fn while_a_secret_is_replaced_the_name_of_neither_key_counts() {
    let key = |letter: &str| Some(secrecy_of(letter));
    let one = IssuerConfig { hs256_secret: key("o"), kid: Some("2025".to_owned()), ..named() };
    let both = IssuerConfig { hs256_secret_also: key("n"), ..one.clone() };
    let verdict = async |config: &IssuerConfig, letter: &str, kid: Option<&str>| {
        let verifier = Verifier::new(vec![config.clone()], Arc::new(SystemClock), http()).unwrap();
        let minter = crate::Minter::hs256("https://issuer.test", None, &secrecy_of(letter));
        let minter = match kid {
            Some(kid) => minter.with_kid(kid),
            None => minter,
        };
        let request = crate::TokenRequest::new("user_1".try_into().unwrap(), Role::Customer);
        verifier.verify(&minter.mint(&request, SystemClock.now()).unwrap()).await.is_ok()
    };
    for (letter, kid) in [("o", Some("2025")), ("o", None), ("n", Some("2026")), ("n", Some("2025")), ("n", None)] {
        assert!(verdict(&both, letter, kid).await, "{letter} named {kid:?}");
    }
    assert!(!verdict(&both, "x", Some("2025")).await, "a third key is refused whatever it is called");
    assert!(
        verdict(&one, "o", Some("2025")).await && !verdict(&one, "o", Some("2026")).await,
        "with one key it counts"
    );
    assert!(!verdict(&one, "n", Some("2025")).await);
}

fn secrecy_of(letter: &str) -> SecretString {
    letter.repeat(40).into()
}

#[test]
fn the_secret_is_not_printed() {
    let config = IssuerConfig { hs256_secret: Some("k".repeat(40).into()), ..named() };
    assert!(!format!("{config:?}").contains("kkkk"));
}

#[test]
fn unknown_entries_are_errors() {
    let text = r#"{"issuer":"a","jwks_url":"https://a.test/","jwks_algorithm":"EdDSA"}"#;
    assert_eq!(serde_json::from_str::<IssuerConfig>(text).unwrap().jwks_algorithm, Some(JwksAlgorithm::EdDsa));
    for unknown in [r#"{"issuer":"a","secret":"b"}"#, r#"{"issuer":"a","jwks_algorithm":"HS256"}"#] {
        assert!(serde_json::from_str::<IssuerConfig>(unknown).is_err(), "{unknown}");
    }
}
