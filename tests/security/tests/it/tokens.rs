//! Attacks on tokens. Every one of them is the same 401, at the gateway and at the service behind it.

mod claims;
mod form;
mod headers;
mod keys;
mod places;

use domain::Role;
use futures_util::StreamExt as _;
use futures_util::stream;
use security::forge::{self, AUDIENCE_ISSUER, ED_ISSUER, ES_ISSUER, HS_ISSUER, RS_ISSUER, SERVICE_ISSUER, Signer};
use security::house::{LoanHouse, authority};
use security::raw::{Heard, PATIENCE, talk};
use security::recorder::Recorder;
use serde_json::{Value, json};

/// A name, and the lines of the head that carry the attack.
pub(crate) struct Attack {
    name: String,
    lines: Vec<Vec<u8>>,
}

/// A token in the usual place.
fn bearer(name: impl Into<String>, token: impl AsRef<str>) -> Attack {
    Attack { name: name.into(), lines: vec![format!("Authorization: Bearer {}", token.as_ref()).into_bytes()] }
}

/// Head lines as they are.
fn lines(name: impl Into<String>, lines: &[&str]) -> Attack {
    Attack { name: name.into(), lines: lines.iter().map(|line| line.as_bytes().to_vec()).collect() }
}

fn attacks(elsewhere: &str) -> Vec<Attack> {
    let mut all = headers::attacks(elsewhere);
    all.extend(keys::attacks());
    all.extend(form::attacks());
    all.extend(claims::attacks());
    all.extend(places::attacks());
    all
}

async fn get(authority: &str, path: &str, lines: &[Vec<u8>]) -> Heard {
    let mut request = format!("GET {path} HTTP/1.1\r\nHost: desk.test\r\nConnection: close\r\n").into_bytes();
    for line in lines {
        request.extend_from_slice(line);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    talk(authority, &request, PATIENCE).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attack_on_a_token_is_the_same_401_at_the_gateway_and_at_the_service() {
    let house = LoanHouse::start().await;
    let elsewhere = Recorder::start().await;
    let path = house.open(&forge::good()).await;
    let attacks = attacks(&elsewhere.url);
    let names: std::collections::BTreeSet<&str> = attacks.iter().map(|attack| attack.name.as_str()).collect();
    assert_eq!(names.len(), attacks.len(), "every attack has a name of its own");
    assert!(attacks.len() >= 120, "{}", attacks.len());

    for url in [&house.gate.url, &house.loan.url] {
        let address = authority(url);
        let expected = get(address, &path, &bearer("no token at all", "a.b.c").lines).await;
        assert_eq!(
            serde_json::from_str::<Value>(&expected.body()).unwrap(),
            json!({"success": false, "statusCode": 401, "data": null, "error": {"message": "Unauthorized"}})
        );
        let tried = stream::iter(&attacks).map(|attack| async {
            let heard = get(address, &path, &attack.lines).await;
            // Line for line the answer to nonsense: nothing tells what was wrong.
            let is_refused = heard.status() == 401 && heard.constant_part() == expected.constant_part();
            (!is_refused).then(|| format!("{}: {}", attack.name, heard.text()))
        });
        let through: Vec<String> = tried.buffer_unordered(8).filter_map(std::future::ready).collect().await;
        assert!(through.is_empty(), "{} got through at {url}:\n{}", through.len(), through.join("\n"));
    }
    assert!(elsewhere.arrived().is_empty(), "no key was fetched from where a token said");
}

#[tokio::test(flavor = "multi_thread")]
async fn good_tokens_of_every_issuer_are_let_in_or_the_refusals_would_prove_nothing() {
    let house = LoanHouse::start().await;
    let path = house.open(&forge::good()).await;
    let alg = |name: &str| json!({"alg": name});
    let kid = json!({"alg": "RS256", "kid": "rs-1"});
    let rsa = Signer::Rsa(jsonwebtoken::Algorithm::RS256, forge::RSA_ONE);
    let audience = Signer::Hs(forge::AUDIENCE_SECRET.as_bytes());
    let for_us = |aud: Value| forge::with(AUDIENCE_ISSUER, json!({"aud": aud}));
    let good = [
        ("HS256", forge::good()),
        ("RS256 that names its key", forge::token(&kid, &forge::claims(RS_ISSUER), rsa)),
        ("RS256 that names no key", forge::token(&alg("RS256"), &forge::claims(RS_ISSUER), rsa)),
        ("ES256", forge::token(&alg("ES256"), &forge::claims(ES_ISSUER), Signer::Ec(forge::EC_ONE))),
        ("EdDSA", forge::token(&alg("EdDSA"), &forge::claims(ED_ISSUER), Signer::Ed(forge::ED_ONE))),
        ("an audience", forge::token(&alg("HS256"), &for_us(json!("crossdesk")), audience)),
        ("one of several audiences", forge::token(&alg("HS256"), &for_us(json!(["else", "crossdesk"])), audience)),
        ("claims nobody knows", forge::signed(&forge::with(HS_ISSUER, json!({"azp": 7, "scope": "a b"})))),
        ("roles nobody knows", forge::signed(&forge::with(HS_ISSUER, json!({"roles": ["root", "Admin"]})))),
        ("expired within the leeway", forge::signed(&forge::with(HS_ISSUER, json!({"exp": forge::now() - 5})))),
    ];
    for (name, token) in &good {
        for url in [&house.gate.url, &house.loan.url] {
            for scheme in ["Bearer", "bearer", "BEARER"] {
                let line = format!("Authorization: {scheme} {token}").into_bytes();
                let heard = get(authority(url), &path, &[line]).await;
                assert_eq!(heard.status(), 200, "{name}: {}", heard.text());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_that_nobody_knows_give_the_rights_of_a_customer_and_no_more() {
    let house = LoanHouse::start().await;
    let path = house.open(&forge::good()).await;
    for roles in [json!(["root"]), json!(["Admin", "AGENT", "agent "]), json!([]), json!(["customer", "superuser"])] {
        let token = forge::signed(&forge::with(HS_ISSUER, json!({"sub": "user_2", "roles": roles})));
        assert_eq!(house.gate.get(&path, &token).await.status, 404, "{roles}");
    }
    let agent = forge::signed(&forge::with(HS_ISSUER, json!({"sub": "user_2", "roles": ["customer", "agent"]})));
    assert_eq!(house.gate.get(&path, &agent).await.status, 200, "the same with a known role");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_services_sign_makes_nobody_an_agent() {
    let house = LoanHouse::start().await;
    let path = house.open(&forge::good()).await;
    let key = path.rsplit('_').next().unwrap();
    let status = format!("/internal/v1/tickets/{key}/status");
    for roles in [json!(["admin"]), json!(["agent", "service"]), json!(["service"])] {
        let claims = forge::with(SERVICE_ISSUER, json!({"sub": "loan-support", "roles": roles}));
        let token = forge::token(&json!({"alg": "HS256"}), &claims, Signer::Hs(forge::SERVICE_SECRET.as_bytes()));
        for app in [&house.gate, &house.loan] {
            assert_eq!(app.get(&path, &token).await.status, 404, "{roles}: a ticket of somebody else");
        }
        let answer = house.loan.put(&status, &token, json!({"status": "closed"})).await;
        assert!([403, 404].contains(&answer.status), "{roles}: {} {}", answer.status, answer.text);
    }
    // The same token is good for what services do.
    let claims = forge::with(SERVICE_ISSUER, json!({"sub": "desk", "roles": ["service"]}));
    let token = forge::token(&json!({"alg": "HS256"}), &claims, Signer::Hs(forge::SERVICE_SECRET.as_bytes()));
    let events = house.loan.get("/internal/v1/events", &token).await;
    assert_eq!(events.status, 200, "{}", events.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn internal_routes_want_the_role_of_services_and_the_gateway_has_none_of_them() {
    let house = LoanHouse::start().await;
    let token = |role: Role| forge::signed(&forge::with(HS_ISSUER, json!({"roles": [role.as_str()]})));
    for role in [Role::Customer, Role::Agent, Role::Admin] {
        // This line has no 403.
        assert_eq!(house.loan.get("/internal/v1/events", &token(role)).await.status, 401, "{role:?}");
    }
    for role in Role::ALL {
        assert_eq!(house.gate.get("/internal/v1/events", &token(role)).await.status, 404, "{role:?}");
    }
}
