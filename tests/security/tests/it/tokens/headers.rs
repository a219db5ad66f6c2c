//! Attacks by the header: no algorithm, another algorithm, keys that the token brings along, extensions.

use jsonwebtoken::Algorithm;
use security::forge::{self, ED_ISSUER, ES_ISSUER, HS_ISSUER, HS_SECRET, RS_ISSUER, Signer};
use serde_json::{Value, json};

use super::{Attack, bearer};

pub(super) fn attacks(elsewhere: &str) -> Vec<Attack> {
    let mut all = no_algorithm();
    all.extend(other_algorithms());
    all.extend(confusion());
    all.extend(brought_keys(elsewhere));
    all.extend(extensions());
    all
}

fn unsigned(header: &Value, issuer: &str, signature: &str) -> String {
    let (header, payload) = (forge::part(header.to_string()), forge::part(forge::claims(issuer).to_string()));
    format!("{header}.{payload}.{signature}")
}

fn no_algorithm() -> Vec<Attack> {
    let mut all = Vec::new();
    for spelling in ["none", "None", "NONE", "nOnE", "none ", "null", ""] {
        let header = json!({"alg": spelling, "typ": "JWT"});
        all.push(bearer(format!("alg {spelling:?} without a signature"), unsigned(&header, HS_ISSUER, "")));
    }
    for issuer in [RS_ISSUER, ES_ISSUER, ED_ISSUER] {
        all.push(bearer(format!("alg none for {issuer}"), unsigned(&json!({"alg": "none"}), issuer, "")));
    }
    let signature = forge::sign("anything", Signer::Hs(HS_SECRET.as_bytes()));
    all.push(bearer(
        "alg none with a signature of something else",
        unsigned(&json!({"alg": "none"}), HS_ISSUER, &signature),
    ));
    for (name, header) in [
        ("alg missing", json!({"typ": "JWT"})),
        ("alg null", json!({"alg": null})),
        ("alg a number", json!({"alg": 256})),
        ("alg a list", json!({"alg": ["HS256"]})),
        ("alg an object", json!({"alg": {"name": "HS256"}})),
    ] {
        all.push(bearer(name, forge::token(&header, &forge::claims(HS_ISSUER), Signer::Hs(HS_SECRET.as_bytes()))));
    }
    all
}

/// Rightly signed with the right key, but not by the configured algorithm.
fn other_algorithms() -> Vec<Attack> {
    let mut all = Vec::new();
    for (name, algorithm) in [("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)] {
        let signer = Signer::HsOther(algorithm, HS_SECRET.as_bytes());
        all.push(bearer(
            format!("{name} with the right secret"),
            forge::token(&json!({"alg": name}), &forge::claims(HS_ISSUER), signer),
        ));
        let token = forge::token(&json!({"alg": "HS256"}), &forge::claims(HS_ISSUER), signer);
        all.push(bearer(format!("{name} that calls itself HS256"), token));
    }
    for (name, algorithm) in [
        ("RS384", Algorithm::RS384),
        ("RS512", Algorithm::RS512),
        ("PS256", Algorithm::PS256),
        ("PS512", Algorithm::PS512),
    ] {
        let signer = Signer::Rsa(algorithm, forge::RSA_ONE);
        let token = forge::token(&json!({"alg": name}), &forge::claims(RS_ISSUER), signer);
        all.push(bearer(format!("{name} with the right key"), token));
    }
    for spelling in ["hs256", "HS256 ", "Hs256", "HS-256", "HMACSHA256", "\u{ff28}S256"] {
        let token =
            forge::token(&json!({"alg": spelling}), &forge::claims(HS_ISSUER), Signer::Hs(HS_SECRET.as_bytes()));
        all.push(bearer(format!("alg spelled {spelling:?}"), token));
    }
    all
}

/// A public key as a secret, or the key of one kind for the issuer of another.
fn confusion() -> Vec<Attack> {
    let mut all = Vec::new();
    for (kind, issuer, pem) in [
        ("RSA", RS_ISSUER, forge::RSA_PUBLIC),
        ("EC", ES_ISSUER, forge::EC_PUBLIC),
        ("Ed25519", ED_ISSUER, forge::ED_PUBLIC),
    ] {
        let trimmed = pem.trim_end();
        let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        for (how, secret) in [("as it is", pem), ("trimmed", trimmed), ("its base64 alone", &base64)] {
            let token = forge::token(&json!({"alg": "HS256"}), &forge::claims(issuer), Signer::Hs(secret.as_bytes()));
            all.push(bearer(format!("the public {kind} key, {how}, as an HS256 secret"), token));
        }
    }
    let rsa = Signer::Rsa(Algorithm::RS256, forge::RSA_ONE);
    let (ec, ed) = (Signer::Ec(forge::EC_ONE), Signer::Ed(forge::ED_ONE));
    for (name, alg, issuer, signer) in [
        ("an RS256 token of the ES256 issuer", "RS256", ES_ISSUER, rsa),
        ("an RS256 token of the HS256 issuer", "RS256", HS_ISSUER, rsa),
        ("an ES256 token of the RS256 issuer", "ES256", RS_ISSUER, ec),
        ("an ES256 token of the EdDSA issuer", "ES256", ED_ISSUER, ec),
        ("an EdDSA token of the ES256 issuer", "EdDSA", ES_ISSUER, ed),
        ("an EdDSA token of the HS256 issuer", "EdDSA", HS_ISSUER, ed),
        ("an EdDSA signature called ES256", "ES256", ES_ISSUER, ed),
        ("an ES256 signature called EdDSA", "EdDSA", ED_ISSUER, ec),
        ("an RS256 token of the attacker's key", "RS256", RS_ISSUER, Signer::Rsa(Algorithm::RS256, forge::RSA_TWO)),
        ("an ES256 token of the attacker's key", "ES256", ES_ISSUER, Signer::Ec(forge::EC_TWO)),
        ("an EdDSA token of the attacker's key", "EdDSA", ED_ISSUER, Signer::Ed(forge::ED_TWO)),
    ] {
        all.push(bearer(name, forge::token(&json!({"alg": alg}), &forge::claims(issuer), signer)));
    }
    // r and s zero: what some libraries took for a signature of everything.
    let nothing = forge::part([0; 64]);
    all.push(bearer("an ES256 signature of zeroes", unsigned(&json!({"alg": "ES256"}), ES_ISSUER, &nothing)));
    all.push(bearer("an EdDSA signature of zeroes", unsigned(&json!({"alg": "EdDSA"}), ED_ISSUER, &nothing)));
    all.push(bearer(
        "an HS256 signature of zeroes",
        unsigned(&json!({"alg": "HS256"}), HS_ISSUER, &forge::part([0; 32])),
    ));
    all
}

/// The attacker's key, with the header pointing to it. Nobody may even look there.
fn brought_keys(elsewhere: &str) -> Vec<Attack> {
    let attackers = Signer::Rsa(Algorithm::RS256, forge::RSA_TWO);
    let jwk = json!({"kty": "oct", "k": forge::part(forge::FOREIGN_SECRET), "alg": "HS256"});
    let rs = |name: &str, member: &str, value: Value| {
        let header = json!({"alg": "RS256", "kid": "rs-1", member: value});
        bearer(name, forge::token(&header, &forge::claims(RS_ISSUER), attackers))
    };
    let public_jwk = json!({"kty": "RSA", "n": forge::part([0xc5; 256]), "e": "AQAB", "kid": "rs-1", "use": "sig"});
    let hs = json!({"alg": "HS256", "jwk": jwk});
    vec![
        rs("jku to a server of the attacker", "jku", json!(format!("{elsewhere}/jwks.json"))),
        rs("jku that looks like the issuer's", "jku", json!(format!("{elsewhere}/?https://rs.test/jwks.json"))),
        rs("x5u to a server of the attacker", "x5u", json!(format!("{elsewhere}/cert.pem"))),
        rs("x5c with a certificate of the attacker", "x5c", json!([forge::part([0x30; 64])])),
        rs("jwk with the attacker's public key", "jwk", public_jwk),
        bearer(
            "jwk with the attacker's secret",
            forge::token(&hs, &forge::claims(HS_ISSUER), Signer::Hs(forge::FOREIGN_SECRET.as_bytes())),
        ),
    ]
}

/// Rightly signed, but the header demands what we do not know, or is no header.
fn extensions() -> Vec<Attack> {
    let mut all = Vec::new();
    for (name, header) in [
        ("crit with an extension nobody knows", json!({"alg": "HS256", "crit": ["exp"], "exp": 1})),
        ("crit with b64, and b64 false", json!({"alg": "HS256", "crit": ["b64"], "b64": false})),
        ("crit empty", json!({"alg": "HS256", "crit": []})),
        ("crit null", json!({"alg": "HS256", "crit": null})),
        ("crit a text", json!({"alg": "HS256", "crit": "b64"})),
        ("kid a number", json!({"alg": "HS256", "kid": 1})),
        ("kid a list", json!({"alg": "HS256", "kid": ["rs-1"]})),
        ("kid an object", json!({"alg": "HS256", "kid": {"$ne": null}})),
    ] {
        all.push(bearer(name, forge::token(&header, &forge::claims(HS_ISSUER), Signer::Hs(HS_SECRET.as_bytes()))));
    }
    let claims = forge::claims(HS_ISSUER).to_string();
    // b64 false without crit: the payload is signed as it is and not as base64url.
    let header = forge::part(json!({"alg": "HS256", "b64": false}).to_string());
    let signature = forge::sign(&format!("{header}.{claims}"), Signer::Hs(HS_SECRET.as_bytes()));
    all.push(bearer(
        "b64 false, signed over the plain payload",
        format!("{header}.{}.{signature}", forge::part(&claims)),
    ));
    for (name, header) in [
        ("alg twice", r#"{"alg":"none","alg":"HS256"}"#),
        ("kid twice", r#"{"alg":"HS256","kid":"a","kid":"b"}"#),
        ("a header that is a list", r#"["HS256",null,false]"#),
        ("a header that is a text", r#""HS256""#),
        ("a header with something behind it", r#"{"alg":"HS256"}{}"#),
        ("a header that is no JSON", "alg=HS256"),
        ("an empty header", ""),
        ("a header with a byte order mark", "\u{feff}{\"alg\":\"HS256\"}"),
        ("a header with a comment", r#"{"alg":"HS256"/**/}"#),
    ] {
        all.push(bearer(name, forge::raw(header, &claims, Signer::Hs(HS_SECRET.as_bytes()))));
    }
    all
}
