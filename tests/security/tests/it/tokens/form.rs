//! Attacks by the outer form: parts, base64, signatures that were cut, moved or changed.

use security::forge::{self, HS_ISSUER, HS_SECRET, Signer};
use serde_json::json;

use super::{Attack, bearer};

pub(super) fn attacks() -> Vec<Attack> {
    let good = forge::good();
    let parts: Vec<&str> = good.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let other = forge::signed(&forge::with(HS_ISSUER, json!({"sub": "user_2"})));
    let admin = forge::part(forge::with(HS_ISSUER, json!({"roles": ["admin"]})).to_string());
    let theirs: Vec<&str> = other.split('.').collect();
    let flipped = format!("{}{}", if signature.starts_with('A') { "B" } else { "A" }, &signature[1..]);
    // The last character of 43 has two bits that no byte needs.
    let loose = looser(signature);
    let long = forge::signed(&forge::with(HS_ISSUER, json!({"x": "x".repeat(9_000)})));
    let longer = format!("{good}{}", "A".repeat(60_000));
    let standard = forge::signed(&forge::with(HS_ISSUER, json!({"x": "\u{fb}\u{ff}\u{fe}???>>>~~~"})));
    let bomb = format!(r#"{{"iss":"{HS_ISSUER}","roles":{}"#, "[".repeat(5_500));
    let deep = format!(r#"{{"iss":"{HS_ISSUER}","roles":{}{}}}"#, "[".repeat(2_500), "]".repeat(2_500));
    let objects = format!(r#"{{"iss":{}1{}}}"#, r#"{"a":"#.repeat(900), "}".repeat(900));
    vec![
        bearer("no signature", format!("{header}.{payload}.")),
        bearer("no signature and no dot", format!("{header}.{payload}")),
        bearer("a signature cut by one character", format!("{header}.{payload}.{}", &signature[..signature.len() - 1])),
        bearer("half a signature", format!("{header}.{payload}.{}", &signature[..20])),
        bearer("a signature with one character more", format!("{good}A")),
        bearer("a signature twice", format!("{good}{signature}")),
        bearer("a signature with one bit turned", format!("{header}.{payload}.{flipped}")),
        bearer("a signature with bits that no byte needs", format!("{header}.{payload}.{loose}")),
        bearer("the signature of another token", format!("{header}.{payload}.{}", theirs[2])),
        bearer("the payload of another token", format!("{header}.{}.{signature}", theirs[1])),
        bearer("a payload with another role", format!("{header}.{admin}.{signature}")),
        bearer("header and payload swapped", format!("{payload}.{header}.{signature}")),
        bearer("one part", header),
        bearer("four parts", format!("{good}.{signature}")),
        bearer("five parts, as an encrypted token has", format!("{header}..{payload}.{signature}.AA")),
        bearer("a dot before", format!(".{good}")),
        bearer("a dot behind", format!("{good}.")),
        bearer("dots alone", ".."),
        bearer("an empty header part", format!(".{payload}.{signature}")),
        bearer("an empty payload part", format!("{header}..{signature}")),
        bearer("padding", format!("{header}.{payload}.{signature}=")),
        bearer("padding in the payload", format!("{header}.{payload}==.{signature}")),
        bearer("a blank inside", good.replacen('.', ". ", 1)),
        bearer("a tab inside", good.replacen('.', "\t.", 1)),
        bearer("a comma inside", good.replacen('.', ",.", 1)),
        bearer("percent-encoded dots", good.replace('.', "%2e")),
        bearer("quotes around it", format!("\"{good}\"")),
        bearer("the alphabet of plain base64", standard.replace('-', "+").replace('_', "/").replace('.', "+.")),
        bearer("longer than a token may be, and rightly signed", long),
        bearer("sixty kilobytes of signature", longer),
        bearer("thousands of open brackets", forge::raw(r#"{"alg":"HS256"}"#, bomb, hs())),
        bearer("thousands of nested lists", forge::raw(r#"{"alg":"HS256"}"#, deep, hs())),
        bearer("hundreds of nested objects as the issuer", forge::raw(r#"{"alg":"HS256"}"#, objects, hs())),
        bearer("a token inside a token", forge::raw(r#"{"alg":"HS256","cty":"JWT"}"#, &good, hs())),
        bearer("bytes that are no text", forge::raw(r#"{"alg":"HS256"}"#, b"\xff\xfe\xfd", hs())),
        bearer("an empty payload", forge::raw(r#"{"alg":"HS256"}"#, "", hs())),
    ]
}

fn hs() -> Signer<'static> {
    Signer::Hs(HS_SECRET.as_bytes())
}

/// The same bytes written otherwise: a decoder that is not strict takes both.
fn looser(signature: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = signature.chars().last().unwrap();
    let next = ALPHABET.chars().nth(ALPHABET.find(last).unwrap() + 1).unwrap();
    format!("{}{next}", &signature[..signature.len() - 1])
}
