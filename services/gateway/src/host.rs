//! Whether `Host` names a host (RFC 9112, 3.2). Services write it into `Location` and links, so whatever else stands in it
//! would become part of a page or a redirect.

use std::net::Ipv6Addr;

/// The header is no host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the Host header is no host, perhaps with a port")]
pub(crate) struct NoHost;

/// Refuses what is not a name or an address, perhaps with a port. User names, lists and paths are none of these.
pub(crate) fn check(value: &[u8]) -> Result<(), NoHost> {
    let text = std::str::from_utf8(value).map_err(|_| NoHost)?;
    let (is_host, rest) = match text.strip_prefix('[').map(|text| text.split_once(']')) {
        Some(Some((address, rest))) => (address.parse::<Ipv6Addr>().is_ok(), rest),
        Some(None) => return Err(NoHost),
        None => {
            let (name, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
            (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)), rest)
        }
    };
    if is_host && is_port(rest) { Ok(()) } else { Err(NoHost) }
}

/// Nothing, or a colon and a number.
fn is_port(rest: &str) -> bool {
    let Some(digits) = rest.strip_prefix(':') else { return rest.is_empty() };
    digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_hosts() {
        for host in
            ["desk.example.org", "localhost:8080", "127.0.0.1:1", "[::1]", "[2001:db8::1]:443", "a_b-c~d", "A.B."]
        {
            assert_eq!(check(host.as_bytes()), Ok(()), "{host}");
        }
    }

    #[test]
    fn whatever_else_is_none() {
        let refused = [
            "", ":80", "a b", "a/b", "a?b", "a#b", "u@a", "u:p@a", "a,b", "a;b", "a:", "a:x", "a:+1", "a:65536",
            "a:1:2", "[::1", "::1", "[a]", "[::1]b", "<a>", "a\\b", "\"a\"", "\u{e9}", "a\tb", "http://a",
        ];
        for host in refused {
            assert_eq!(check(host.as_bytes()), Err(NoHost), "{host:?}");
        }
        assert_eq!(check(b"\xff"), Err(NoHost));
    }
}
