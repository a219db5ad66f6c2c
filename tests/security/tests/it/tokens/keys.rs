//! Attacks by the name of the key, and by keys of somebody else.

use jsonwebtoken::Algorithm;
use security::forge::{self, AUDIENCE_ISSUER, HS_ISSUER, HS_SECRET, RS_ISSUER, SERVICE_ISSUER, Signer};
use serde_json::json;

use super::{Attack, bearer};

pub(super) fn attacks() -> Vec<Attack> {
    let mut all = names();
    all.extend(secrets());
    all
}

/// Each signed with what a careless reader of the name would take for the key.
fn names() -> Vec<Attack> {
    let mut all = Vec::new();
    let huge = "k".repeat(7_000);
    for (name, kid, secret) in [
        ("kid to an empty file", "../../../../../../dev/null", ""),
        ("kid to an absolute path", "/dev/null", ""),
        ("kid to a file with known content", "../../../../proc/sys/kernel/randomize_va_space", "2\n"),
        ("kid of SQL", "x' UNION SELECT 'attacker-key-attacker-key-attacker';--", "attacker-key-attacker-key-attacker"),
        ("kid of a shell", "$(id)|`id`", "x"),
        ("kid of a template", "{{7*7}}${7*7}", "49"),
        ("kid with a NUL", "rs-1\0.pem", ""),
        ("kid empty", "", ""),
        ("kid that is a URL", "http://127.0.0.1:1/key", ""),
        ("kid of several kilobytes", &huge, ""),
    ] {
        // An empty secret cannot sign; one byte of zero is what padding makes of it.
        let secret = if secret.is_empty() { "\0" } else { secret };
        let header = json!({"alg": "HS256", "kid": kid});
        all.push(bearer(name, forge::token(&header, &forge::claims(HS_ISSUER), Signer::Hs(secret.as_bytes()))));
    }
    // The right key, with a name that its issuer does not have for it.
    let rsa = Signer::Rsa(Algorithm::RS256, forge::RSA_ONE);
    for (name, kid) in [
        ("the right key under no name", ""),
        ("the right key under another name", "rs-2"),
        ("the right key under its name in capitals", "RS-1"),
        ("the right key under its name and a blank", "rs-1 "),
        ("the right key under a path to its name", "./rs-1"),
    ] {
        all.push(bearer(name, forge::token(&json!({"alg": "RS256", "kid": kid}), &forge::claims(RS_ISSUER), rsa)));
    }
    let header = json!({"alg": "HS256", "kid": "rs-1"});
    let token = forge::token(&header, &forge::claims(RS_ISSUER), Signer::Hs(HS_SECRET.as_bytes()));
    all.push(bearer("another issuer's secret under this issuer's key name", token));
    all
}

fn secrets() -> Vec<Attack> {
    let hs = |name: &str, issuer: &str, secret: &str| {
        let claims = forge::with(issuer, json!({"aud": "crossdesk"}));
        bearer(name, forge::token(&json!({"alg": "HS256"}), &claims, Signer::Hs(secret.as_bytes())))
    };
    let reversed: String = HS_SECRET.chars().rev().collect();
    vec![
        hs("a secret nobody trusts", HS_ISSUER, forge::FOREIGN_SECRET),
        hs("another issuer's secret", HS_ISSUER, forge::AUDIENCE_SECRET),
        hs("the other way round", AUDIENCE_ISSUER, HS_SECRET),
        hs("the services' secret", HS_ISSUER, forge::SERVICE_SECRET),
        hs("a client's secret for the services' issuer", SERVICE_ISSUER, HS_SECRET),
        hs("the services' issuer of another environment", SERVICE_ISSUER, forge::FOREIGN_SECRET),
        hs("the local issuer, which is not configured here", "crossdesk-local", HS_SECRET),
        hs("the secret and a line break", HS_ISSUER, &format!("{HS_SECRET}\n")),
        hs("the secret reversed", HS_ISSUER, &reversed),
        hs("half of the secret", HS_ISSUER, &HS_SECRET[..24]),
        hs("the secret in capitals", HS_ISSUER, &HS_SECRET.to_uppercase()),
        hs("the issuer's name as the secret", HS_ISSUER, HS_ISSUER),
        hs("a guessed secret", HS_ISSUER, "secret"),
    ]
}
