//! Every flaw is refused, always as the same `Refused::Token`; and the same token without the flaw is accepted, so that no
//! case passes for the wrong reason.

use auth::{IssuerConfig, Refused, Verifier};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::keys::{self, NOW, claims, hs256, hs256_issuer, hs256_key, signed, verifier, with};

async fn accepts(verifier: &Verifier, token: &str) -> bool {
    match verifier.verify(token).await {
        Ok(_) => true,
        Err(refused) => {
            assert_eq!(refused, Refused::Token);
            assert!(verifier.verify_cached(token).is_none());
            false
        }
    }
}

#[tokio::test]
async fn flawed_claims_are_refused() {
    // The claim, with the flaw, and without it.
    let cases = [
        ("iss", json!("https://stranger.test"), json!(keys::ISSUER)),
        ("iss", json!("https://issuer.test/"), json!(keys::ISSUER)),
        ("iss", json!(7), json!(keys::ISSUER)),
        ("iss", json!([keys::ISSUER]), json!(keys::ISSUER)),
        ("sub", json!(""), json!("s")),
        ("sub", json!("s".repeat(256)), json!("s".repeat(255))),
        ("sub", json!("a\nb"), json!("a b")),
        ("sub", json!("a\u{7f}b"), json!("äb")),
        ("sub", json!(123), json!("123")),
        ("exp", json!(NOW - 30), json!(NOW - 29)),
        ("exp", json!(-1), json!(NOW + 1)),
        ("exp", json!("1999999999"), json!(1_999_999_999)),
        ("exp", json!(null), json!(NOW + 1)),
        ("exp", json!(true), json!(NOW + 1)),
        ("iat", json!(NOW + 31), json!(NOW + 30)),
        ("iat", json!(NOW.to_string()), json!(NOW)),
        ("iat", json!(i64::MAX), json!(0)),
        ("nbf", json!(NOW + 31), json!(NOW + 30)),
        ("nbf", json!("0"), json!(0)),
        ("nbf", json!(null), json!(NOW)),
        ("aud", json!(5), json!("anybody")),
        ("aud", json!(["a", 5]), json!(["a", "b"])),
        ("roles", json!("admin"), json!(["admin"])),
        ("roles", json!(["agent", 1]), json!(["agent", "1"])),
        ("roles", json!(null), json!([])),
        ("roles", json!({ "agent": true }), json!(["agent"])),
        ("lines", json!("loan"), json!(["loan"])),
        ("lines", json!(null), json!([])),
        ("lines", json!([["loan"]]), json!(["loan"])),
        ("name", json!("n".repeat(201)), json!("ñ".repeat(200))),
        ("name", json!(["Ada"]), json!("Ada")),
        ("name", json!(null), json!("")),
    ];
    let verifier = verifier(hs256_issuer());
    for (claim, flawed, mended) in cases {
        assert!(!accepts(&verifier, &hs256(&with(claim, flawed.clone()))).await, "{claim}: {flawed}");
        assert!(accepts(&verifier, &hs256(&with(claim, mended.clone()))).await, "{claim}: {mended}");
    }
}

#[tokio::test]
async fn missing_claims_are_refused() {
    let verifier = verifier(hs256_issuer());
    assert!(accepts(&verifier, &hs256(&claims())).await);
    for claim in ["iss", "sub", "exp", "iat"] {
        let mut payload = claims();
        payload.as_object_mut().unwrap().remove(claim);
        assert!(!accepts(&verifier, &hs256(&payload)).await, "without {claim}");
    }
}

#[tokio::test]
async fn a_configured_audience_must_be_named() {
    let strict = verifier(IssuerConfig { audience: Some("crossdesk".to_owned()), ..hs256_issuer() });
    for aud in [json!("crossdesk"), json!(["other", "crossdesk"])] {
        assert!(accepts(&strict, &hs256(&with("aud", aud.clone()))).await, "{aud}");
    }
    for aud in [json!("other"), json!("crossdesk2"), json!([]), json!(["other"]), json!(["crossdesk", 1])] {
        assert!(!accepts(&strict, &hs256(&with("aud", aud.clone()))).await, "{aud}");
    }
    assert!(!accepts(&strict, &hs256(&claims())).await, "without aud");
    assert!(accepts(&verifier(hs256_issuer()), &hs256(&with("aud", json!("other")))).await);
}

#[tokio::test]
async fn flawed_headers_are_refused() {
    let strict = verifier(IssuerConfig { kid: Some("ours".to_owned()), ..hs256_issuer() });
    let cases = [
        json!({ "alg": "none" }),
        json!({ "alg": "HS384" }),
        json!({ "alg": "hs256" }),
        json!({ "alg": "RS256" }),
        json!({ "alg": "HS256", "crit": ["exp"], "exp": 1 }),
        json!({ "alg": "HS256", "crit": [] }),
        json!({ "alg": "HS256", "crit": null }),
        json!({ "alg": "HS256", "kid": "theirs" }),
        json!({ "alg": "HS256", "kid": 7 }),
        json!({ "alg": ["HS256"] }),
        json!({ "typ": "JWT" }),
        json!(["HS256"]),
        json!("HS256"),
    ];
    for header in cases {
        let token = signed(&header, &claims(), &hs256_key(), Algorithm::HS256);
        assert!(!accepts(&strict, &token).await, "{header}");
    }
    let good = [json!({ "alg": "HS256" }), json!({ "alg": "HS256", "kid": "ours" })];
    for header in good {
        assert!(accepts(&strict, &signed(&header, &claims(), &hs256_key(), Algorithm::HS256)).await, "{header}");
    }
}

#[tokio::test]
async fn a_key_without_a_configured_name_goes_by_any_name() {
    let header = json!({ "alg": "HS256", "kid": "theirs" });
    let token = signed(&header, &claims(), &hs256_key(), Algorithm::HS256);
    assert!(accepts(&verifier(hs256_issuer()), &token).await);
}

#[tokio::test]
async fn keys_that_a_token_brings_along_are_ignored() {
    let stranger = EncodingKey::from_secret(b"a stranger's secret, which is long enough");
    let header = json!({
        "alg": "HS256", "jku": "https://stranger.test/keys", "x5u": "https://stranger.test/cert", "x5c": "no list",
        "jwk": { "kty": "oct", "k": URL_SAFE_NO_PAD.encode("a stranger's secret, which is long enough") },
    });
    let verifier = verifier(hs256_issuer());
    assert!(!accepts(&verifier, &signed(&header, &claims(), &stranger, Algorithm::HS256)).await);
    assert!(accepts(&verifier, &signed(&header, &claims(), &hs256_key(), Algorithm::HS256)).await);
}

#[tokio::test]
async fn a_signature_of_another_key_is_refused_for_every_algorithm() {
    let pem = |text: &str| Some(text.to_owned());
    let (rsa, ec, ed) = (Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA);
    let cases = [
        (
            "HS256",
            Algorithm::HS256,
            hs256_issuer(),
            hs256_key(),
            EncodingKey::from_secret(b"the secret of the tests, 32 bytes or morf"),
        ),
        (
            "RS256",
            rsa,
            IssuerConfig { rs256_public_key: pem(keys::RSA_ONE_PUBLIC), ..keys::issuer() },
            EncodingKey::from_rsa_pem(keys::RSA_ONE.as_bytes()).unwrap(),
            EncodingKey::from_rsa_pem(keys::RSA_TWO.as_bytes()).unwrap(),
        ),
        (
            "ES256",
            ec,
            IssuerConfig { es256_public_key: pem(keys::EC_ONE_PUBLIC), ..keys::issuer() },
            EncodingKey::from_ec_pem(keys::EC_ONE.as_bytes()).unwrap(),
            EncodingKey::from_ec_pem(keys::EC_TWO.as_bytes()).unwrap(),
        ),
        (
            "EdDSA",
            ed,
            IssuerConfig { eddsa_public_key: pem(keys::ED_ONE_PUBLIC), ..keys::issuer() },
            EncodingKey::from_ed_pem(keys::ED_ONE.as_bytes()).unwrap(),
            EncodingKey::from_ed_pem(keys::ED_TWO.as_bytes()).unwrap(),
        ),
    ];
    for (name, algorithm, config, right, wrong) in cases {
        let verifier = verifier(config);
        let header = json!({ "alg": name });
        assert!(!accepts(&verifier, &signed(&header, &claims(), &wrong, algorithm)).await, "{name}");
        assert!(accepts(&verifier, &signed(&header, &claims(), &right, algorithm)).await, "{name}");
    }
}

/// The classic confusion: the public key, which everybody has, used as an HMAC secret.
#[tokio::test]
async fn a_public_key_is_no_secret() {
    let verifier = verifier(IssuerConfig { rs256_public_key: Some(keys::RSA_ONE_PUBLIC.to_owned()), ..keys::issuer() });
    let key = EncodingKey::from_secret(keys::RSA_ONE_PUBLIC.as_bytes());
    for alg in ["HS256", "RS256"] {
        assert!(!accepts(&verifier, &signed(&json!({ "alg": alg }), &claims(), &key, Algorithm::HS256)).await, "{alg}");
    }
}

#[tokio::test]
async fn the_key_of_one_issuer_does_not_sign_for_another() {
    let other = IssuerConfig {
        issuer: "https://other.test".to_owned(),
        hs256_secret: Some("another secret for another issuer, long".into()),
        ..IssuerConfig::default()
    };
    let verifier = Verifier::new(vec![hs256_issuer(), other], keys::clock(), keys::http()).unwrap();
    let payload = with("iss", json!("https://other.test"));
    let header = json!({ "alg": "HS256" });
    let theirs = EncodingKey::from_secret(b"another secret for another issuer, long");
    assert!(!accepts(&verifier, &hs256(&payload)).await);
    assert!(accepts(&verifier, &signed(&header, &payload, &theirs, Algorithm::HS256)).await);
}

#[tokio::test]
async fn malformed_tokens_are_refused() {
    let verifier = verifier(hs256_issuer());
    let good = hs256(&claims());
    let parts: Vec<&str> = good.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let changed: Value = with("roles", json!(["admin"]));
    let forged = URL_SAFE_NO_PAD.encode(changed.to_string());
    let long = hs256(&with("padding", json!("x".repeat(8 * 1024))));
    let array = signed(&json!({ "alg": "HS256" }), &json!([keys::ISSUER]), &hs256_key(), Algorithm::HS256);
    let twice = format!(r#"{{"iss":"{}","sub":"a","sub":"b","iat":{NOW},"exp":{}}}"#, keys::ISSUER, NOW + 9);
    let twice_message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(twice));
    let twice_signature = jsonwebtoken::crypto::sign(twice_message.as_bytes(), &hs256_key(), Algorithm::HS256).unwrap();
    let cases = [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "not a token".to_owned(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{header}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{header}.{forged}.{signature}"),
        format!("{header}.{payload}.{signature}.{signature}"),
        format!("{header}.{payload}.{signature}="),
        format!("{header}.{payload}.{}", &signature[1..]),
        format!(" {good}"),
        format!("{good} "),
        format!("{header}.%.{signature}"),
        format!("{twice_message}.{twice_signature}"),
        array,
        long,
    ];
    for token in cases {
        assert!(!accepts(&verifier, &token).await, "{token}");
    }
    assert!(accepts(&verifier, &good).await);
}
