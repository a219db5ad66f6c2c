//! Tokens that count, and what they say.

use std::time::Duration;

use auth::{IssuerConfig, Minter, TokenRequest};
use chrono::DateTime;
use domain::{Actor, Clock as _, Line, Role, Subject};
use serde_json::{Value, json};

use crate::keys::{self, ISSUER, NOW, claims, hs256, hs256_issuer, verifier, with};

async fn caller(payload: &Value) -> auth::Caller {
    let caller = verifier(hs256_issuer()).verify(&hs256(payload)).await;
    (*caller.unwrap_or_else(|refused| panic!("{payload}: {refused}"))).clone()
}

#[tokio::test]
async fn minted_tokens_of_every_algorithm_are_accepted() {
    let secret = keys::SECRET.into();
    let pem = |text: &str| Some(text.to_owned());
    let pairs = [
        (hs256_issuer(), Minter::hs256(ISSUER, None, &secret)),
        (
            IssuerConfig { rs256_public_key: pem(keys::RSA_ONE_PUBLIC), ..keys::issuer() },
            Minter::rs256(ISSUER, None, keys::RSA_ONE).unwrap(),
        ),
        (
            IssuerConfig { es256_public_key: pem(keys::EC_ONE_PUBLIC), ..keys::issuer() },
            Minter::es256(ISSUER, None, keys::EC_ONE).unwrap(),
        ),
        (
            IssuerConfig { eddsa_public_key: pem(keys::ED_ONE_PUBLIC), ..keys::issuer() },
            Minter::eddsa(ISSUER, None, keys::ED_ONE).unwrap(),
        ),
    ];
    let now = keys::clock().now();
    for (config, minter) in pairs {
        let request = TokenRequest {
            subject: Subject::try_from("agent_7").unwrap(),
            roles: vec![Role::Customer, Role::Agent],
            lines: Some(vec![Line::Loan, Line::Tours]),
            name: Some("Ada".to_owned()),
            ttl: Duration::from_secs(90),
        };
        let caller = verifier(config.clone()).verify(&minter.mint(&request, now).unwrap()).await;
        let caller = caller.unwrap_or_else(|refused| panic!("{config:?}: {refused}"));
        assert_eq!(caller.subject().as_str(), "agent_7");
        assert_eq!((caller.role(), caller.is_support(), caller.name()), (Role::Agent, true, Some("Ada")));
        assert_eq!(caller.actor(), Actor::new(Subject::try_from("agent_7").unwrap(), Role::Agent));
        assert_eq!(caller.expires_at(), now + Duration::from_secs(90));
        let usable: Vec<Line> = Line::ALL.into_iter().filter(|line| caller.may_use(*line)).collect();
        assert_eq!(usable, [Line::Loan, Line::Tours]);
    }
}

#[tokio::test]
async fn an_issuer_gives_no_stronger_role_than_it_may() {
    for (strongest, roles, expected) in [
        (Some(Role::Service), json!(["admin"]), Role::Service),
        (Some(Role::Service), json!(["agent", "service"]), Role::Service),
        (Some(Role::Service), json!(["customer"]), Role::Customer),
        (Some(Role::Customer), json!(["admin", "service"]), Role::Customer),
        (Some(Role::Agent), json!(["admin"]), Role::Agent),
        (Some(Role::Admin), json!(["admin"]), Role::Admin),
        (None, json!(["admin"]), Role::Admin),
    ] {
        let config = IssuerConfig { strongest_role: strongest, ..hs256_issuer() };
        let caller = verifier(config).verify(&hs256(&with("roles", roles.clone()))).await.unwrap();
        assert_eq!(caller.role(), expected, "{strongest:?} {roles}");
    }
}

#[tokio::test]
async fn the_smallest_token_is_a_customer_of_all_lines() {
    let caller = caller(&claims()).await;
    assert_eq!((caller.role(), caller.is_support(), caller.name()), (Role::Customer, false, None));
    assert!(Line::ALL.into_iter().all(|line| caller.may_use(line)));
    assert_eq!(caller.expires_at(), DateTime::from_timestamp(NOW + 3600, 0).unwrap());
}

#[tokio::test]
async fn the_strongest_known_role_counts() {
    let cases = [
        (json!([]), Role::Customer),
        (json!(["wizard", "AGENT", ""]), Role::Customer),
        (json!(["customer"]), Role::Customer),
        (json!(["customer", "service"]), Role::Service),
        (json!(["agent", "service"]), Role::Agent),
        (json!(["customer", "admin", "agent", "wizard"]), Role::Admin),
    ];
    for (roles, expected) in cases {
        assert_eq!(caller(&with("roles", roles.clone())).await.role(), expected, "{roles}");
    }
}

#[tokio::test]
async fn lines_that_are_named_are_the_only_ones() {
    let cases = [
        (json!([]), vec![]),
        (json!(["moon", "LOAN"]), vec![]),
        (json!(["tours", "moon", "mobility"]), vec![Line::Mobility, Line::Tours]),
    ];
    for (lines, expected) in cases {
        let caller = caller(&with("lines", lines.clone())).await;
        let usable: Vec<Line> = Line::ALL.into_iter().filter(|line| caller.may_use(*line)).collect();
        assert_eq!(usable, expected, "{lines}");
    }
}

#[tokio::test]
async fn unknown_claims_and_dates_with_fractions_or_without_end_are_fine() {
    assert_eq!(caller(&with("scope", json!({ "any": 1 }))).await.role(), Role::Customer);
    assert_eq!(caller(&with("iat", json!(NOW as f64 - 0.5))).await.role(), Role::Customer);
    assert_eq!(caller(&with("exp", json!(i64::MAX))).await.role(), Role::Customer);
}

#[test]
fn a_name_that_would_be_refused_is_not_minted() {
    let minter = Minter::hs256(ISSUER, None, &keys::SECRET.into());
    let mut request = TokenRequest::new(Subject::try_from("a").unwrap(), Role::Customer);
    request.name = Some("n".repeat(200));
    assert!(minter.mint(&request, keys::clock().now()).is_ok());
    request.name = Some("n".repeat(201));
    assert!(minter.mint(&request, keys::clock().now()).is_err());
    request.name = None;
    request.ttl = Duration::MAX;
    assert!(minter.mint(&request, keys::clock().now()).is_err());
}
