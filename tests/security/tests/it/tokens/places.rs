//! Attacks by the place: a good token where none is looked for, or more than one.

use security::forge::{self, HS_ISSUER};
use serde_json::json;

use super::{Attack, lines};

pub(super) fn attacks() -> Vec<Attack> {
    let good = forge::good();
    let other = forge::signed(&forge::with(HS_ISSUER, json!({"sub": "user_2", "roles": ["admin"]})));
    let authorization = format!("Authorization: Bearer {good}");
    let admin = format!("Authorization: Bearer {other}");
    let one = |name: &str, text: String| lines(name, &[&text]);
    vec![
        lines("no token", &[]),
        lines("two good tokens of different people", &[&authorization, &admin]),
        lines("the same good token twice", &[&authorization, &authorization]),
        lines("a good token and a bad one", &[&authorization, "Authorization: Bearer a.b.c"]),
        lines("a bad token and a good one", &["Authorization: Bearer a.b.c", &authorization]),
        lines("a good token and another scheme", &[&authorization, "Authorization: Basic dTpw"]),
        lines("a good token and an empty header", &[&authorization, "Authorization:"]),
        lines("a good token twice, spelled differently", &[&authorization, &format!("AUTHORIZATION: bearer {good}")]),
        one("two tokens in one header, with a comma", format!("{authorization}, Bearer {other}")),
        one("two tokens in one header, with a blank", format!("{authorization} {other}")),
        one("a token without a scheme", format!("Authorization: {good}")),
        one("the scheme twice", format!("Authorization: Bearer Bearer {good}")),
        one("the scheme alone", "Authorization: Bearer".to_owned()),
        one("an empty Authorization header", "Authorization:".to_owned()),
        one("a tab after the scheme", format!("Authorization: Bearer\t{good}")),
        one("no blank after the scheme", format!("Authorization: Bearer{good}")),
        one("a colon after the scheme", format!("Authorization: Bearer: {good}")),
        one("the scheme Token", format!("Authorization: Token {good}")),
        one("the scheme JWT", format!("Authorization: JWT {good}")),
        one("the scheme Basic", format!("Authorization: Basic {good}")),
        one("the scheme Digest", format!("Authorization: Digest username=\"{good}\"")),
        one("a parameter", format!("Authorization: Bearer token={good}")),
        one("in Proxy-Authorization", format!("Proxy-Authorization: Bearer {good}")),
        one("in X-Authorization", format!("X-Authorization: Bearer {good}")),
        one("in X-Forwarded-Authorization", format!("X-Forwarded-Authorization: Bearer {good}")),
        one("in Authorisation", format!("Authorisation: Bearer {good}")),
        one("in X-Access-Token", format!("X-Access-Token: {good}")),
        one("in the helpdesk's cookie, on another line", format!("Cookie: sesid={good}")),
        one("in a cookie named like the header", format!("Cookie: Authorization=Bearer {good}")),
        one("as names of a user", "X-User-Id: user_1".to_owned()),
        lines("as names of a user and roles", &["X-User-Id: user_1", "X-User-Roles: admin", "X-Internal-Caller: desk"]),
    ]
}
