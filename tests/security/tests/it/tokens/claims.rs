//! Attacks by the claims: all of these are rightly signed by an issuer that is trusted.

use security::forge::{self, AUDIENCE_ISSUER, AUDIENCE_SECRET, HS_ISSUER, HS_SECRET, Signer};
use serde_json::{Value, json};

use super::{Attack, bearer};

pub(super) fn attacks() -> Vec<Attack> {
    let mut all = Vec::new();
    for (name, members) in times().into_iter().chain(identities()).chain(rights()) {
        all.push(bearer(name, forge::signed(&forge::with(HS_ISSUER, members))));
    }
    for member in ["iss", "sub", "exp", "iat"] {
        all.push(bearer(format!("{member} missing"), forge::signed(&forge::without(HS_ISSUER, member))));
    }
    for (name, aud) in [
        ("aud of somebody else", json!("elsewhere")),
        ("aud null", json!(null)),
        ("aud an empty list", json!([])),
        ("aud a list without us", json!(["elsewhere", "crossdesk2"])),
        ("aud a list of numbers", json!([1, 2])),
        ("aud a number", json!(7)),
        ("aud an object", json!({"crossdesk": true})),
        ("aud that begins like ours", json!("crossdesk.evil.test")),
        ("aud in capitals", json!("CROSSDESK")),
        ("aud with a blank", json!(" crossdesk")),
        ("aud in a list in a list", json!([["crossdesk"]])),
    ] {
        all.push(bearer(name, for_audience(&forge::with(AUDIENCE_ISSUER, json!({"aud": aud})))));
    }
    all.push(bearer("aud missing", for_audience(&forge::claims(AUDIENCE_ISSUER))));
    all.extend(texts());
    all
}

fn for_audience(claims: &Value) -> String {
    forge::token(&json!({"alg": "HS256"}), claims, Signer::Hs(AUDIENCE_SECRET.as_bytes()))
}

fn times() -> Vec<(&'static str, Value)> {
    let now = forge::now();
    vec![
        ("expired a minute ago", json!({"exp": now - 60})),
        ("expired in 1970", json!({"exp": 0})),
        ("exp negative", json!({"exp": -1})),
        ("exp a text", json!({"exp": (now + 3600).to_string()})),
        ("exp null", json!({"exp": null})),
        ("exp true", json!({"exp": true})),
        ("exp a list", json!({"exp": [now + 3600]})),
        ("exp a date", json!({"exp": "2099-01-01T00:00:00Z"})),
        ("nbf in an hour", json!({"nbf": now + 3600})),
        ("nbf a text", json!({"nbf": "0"})),
        ("nbf null", json!({"nbf": null})),
        ("iat in an hour", json!({"iat": now + 3600})),
        ("iat a text", json!({"iat": now.to_string()})),
        ("iat null", json!({"iat": null})),
    ]
}

fn identities() -> Vec<(&'static str, Value)> {
    vec![
        ("iss of nobody", json!({"iss": "https://evil.test"})),
        ("iss with a slash more", json!({"iss": format!("{HS_ISSUER}/")})),
        ("iss in capitals", json!({"iss": HS_ISSUER.to_uppercase()})),
        ("iss with a blank", json!({"iss": format!(" {HS_ISSUER}")})),
        ("iss with a NUL", json!({"iss": format!("{HS_ISSUER}\0")})),
        ("iss a list", json!({"iss": [HS_ISSUER]})),
        ("iss null", json!({"iss": null})),
        ("iss a number", json!({"iss": 1})),
        ("iss empty", json!({"iss": ""})),
        ("sub empty", json!({"sub": ""})),
        ("sub of 256 characters", json!({"sub": "u".repeat(256)})),
        ("sub of thousands of characters", json!({"sub": "u".repeat(5_000)})),
        ("sub with a line break", json!({"sub": "user_1\nadmin"})),
        ("sub with a carriage return", json!({"sub": "user_1\r\nX-Role: admin"})),
        ("sub with a NUL", json!({"sub": "user_1\0"})),
        ("sub with an escape", json!({"sub": "\u{1b}[2Juser_1"})),
        ("sub with DEL", json!({"sub": "user_1\u{7f}"})),
        ("sub with a control character of Latin-1", json!({"sub": "user_1\u{85}"})),
        ("sub a number", json!({"sub": 1})),
        ("sub null", json!({"sub": null})),
        ("sub a list", json!({"sub": ["user_1"]})),
        ("sub an object", json!({"sub": {"$ne": ""}})),
        ("sub true", json!({"sub": true})),
    ]
}

fn rights() -> Vec<(&'static str, Value)> {
    vec![
        ("roles a text", json!({"roles": "admin"})),
        ("roles a text with commas", json!({"roles": "customer,admin"})),
        ("roles null", json!({"roles": null})),
        ("roles a number", json!({"roles": 3})),
        ("roles true", json!({"roles": true})),
        ("roles an object", json!({"roles": {"0": "admin"}})),
        ("roles a list of numbers", json!({"roles": [3]})),
        ("roles a list in a list", json!({"roles": [["admin"]]})),
        ("roles with a null", json!({"roles": ["customer", null]})),
        ("lines a text", json!({"lines": "loan"})),
        ("lines null", json!({"lines": null})),
        ("lines a list of numbers", json!({"lines": [1]})),
        ("lines an object", json!({"lines": {"loan": true}})),
        ("lines of another line", json!({"lines": ["mobility"]})),
        ("lines empty", json!({"lines": []})),
        ("lines nobody knows", json!({"lines": ["*", "LOAN", "loan "]})),
        ("name a number", json!({"name": 1})),
        ("name null", json!({"name": null})),
        ("name of 201 characters", json!({"name": "n".repeat(201)})),
    ]
}

/// Payloads that are no JSON object, or one that two readers read differently.
fn texts() -> Vec<Attack> {
    let good = forge::claims(HS_ISSUER).to_string();
    let inner = good.trim_start_matches('{').trim_end_matches('}');
    let twice = |member: &str| format!("{{{inner},{member}}}");
    [
        ("iss twice", twice(r#""iss":"https://rs.test""#)),
        ("sub twice", twice(r#""sub":"user_2""#)),
        ("exp twice", twice(r#""exp":9999999999"#)),
        ("roles twice", twice(r#""roles":["admin"]"#)),
        ("sub twice, once escaped", twice(r#""\u0073ub":"user_2""#)),
        ("something behind the payload", format!("{good}x")),
        ("another object behind the payload", format!("{good}{{\"roles\":[\"admin\"]}}")),
        ("a NUL behind the payload", format!("{good}\0")),
        ("a payload in a list", format!("[{good}]")),
        ("a payload that is a text", json!(good).to_string()),
        ("a payload without its end", good.trim_end_matches('}').to_owned()),
        ("a payload in single quotes", good.replace('"', "'")),
        ("a payload with a byte order mark", format!("\u{feff}{good}")),
        ("an exponent beyond all numbers", twice(r#""nbf":-1e999"#)),
        ("exp that is not a number", twice(r#""nbf":NaN"#)),
        ("a lone surrogate", twice(r#""name":"\ud800""#)),
    ]
    .into_iter()
    .map(|(name, payload)| bearer(name, forge::raw(r#"{"alg":"HS256"}"#, payload, Signer::Hs(HS_SECRET.as_bytes()))))
    .collect()
}
