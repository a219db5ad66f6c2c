//! Conditional reads (RFC 9110, section 13). A tag is the ticket's version and a digest of the answer: the version is
//! what a change will name, and the digest notices what no version counts, such as another caller's view.

use actix_web::http::header::{HeaderMap, IF_NONE_MATCH};
use sha2::{Digest as _, Sha256};

/// Bytes of the digest that are in the tag: 64 bits are enough to tell two answers of one version apart.
const DIGEST_BYTES: usize = 8;

/// The strong tag of an answer.
pub(super) fn etag(version: i64, body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    let hex: String = digest.iter().take(DIGEST_BYTES).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{version}-{hex}\"")
}

/// Whether the client has this answer already. Compared weakly, as the RFC has it for reads.
pub(super) fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let given = headers.get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    let mut tags = given.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn the_tag_changes_with_version_and_with_content() {
        assert_eq!(etag(3, b"a"), etag(3, b"a"));
        assert_ne!(etag(3, b"a"), etag(4, b"a"));
        assert_ne!(etag(3, b"a"), etag(3, b"b"));
        assert!(etag(3, b"a").starts_with("\"3-") && etag(3, b"a").ends_with('"'));
    }

    #[test]
    fn a_list_with_the_tag_or_a_star_is_known() {
        let known = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, HeaderValue::from_static(value));
            is_known(&headers, "\"7-ab\"")
        };
        for value in ["\"7-ab\"", "W/\"7-ab\"", "\"6-ab\", \"7-ab\"", "*"] {
            assert!(known(value), "{value}");
        }
        for value in ["", "7-ab", "\"7-AB\"", "\"8-ab\"", "w/\"7-ab\""] {
            assert!(!known(value), "{value}");
        }
        assert!(!is_known(&HeaderMap::new(), "\"7-ab\""));
    }
}
