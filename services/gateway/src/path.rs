//! Whether a path, as sent, means the same to everybody who reads it (contracts, README 2).
//!
//! What the gateway matches literally, a URL library, a router or a file system behind it may fold: `%2e%2e` is `..` to a
//! URL parser, a backslash is a slash, `%69nternal` is `internal` to a router. Such paths are refused, not corrected.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The path has a second meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the path has an empty or dot segment, a backslash, or an encoded slash, backslash or NUL")]
pub(crate) struct Ambiguous;

/// Refuses `//` and `/;`, `.` and `..` segments (encoded ones, too), backslashes, `%2F`, `%5C` and `%00`.
pub(crate) fn check(path: &str) -> Result<(), Ambiguous> {
    let folds =
        path.contains("//") || path.contains("/;") || path.contains('\\') || path.split('/').any(is_dot_segment);
    let hides = path.split('%').skip(1).any(|rest| {
        let digits = rest.as_bytes().get(..2).unwrap_or_default();
        digits.eq_ignore_ascii_case(b"2f") || digits.eq_ignore_ascii_case(b"5c") || digits == b"00"
    });
    if folds || hides { Err(Ambiguous) } else { Ok(()) }
}

/// Whether a router would read the path as one of the routes between services, which no client may reach.
pub(crate) fn is_internal(path: &str) -> bool {
    let first = path.trim_start_matches('/').split(['/', ';']).next().unwrap_or_default();
    Cow::from(percent_decode_str(first)) == b"internal".as_slice()
}

/// One or two dots, each as it is or as `%2e`, perhaps with parameters behind a semicolon, which some routers cut off first.
fn is_dot_segment(segment: &str) -> bool {
    let mut rest = segment.split(';').next().unwrap_or_default().as_bytes();
    let mut dots = 0;
    while !rest.is_empty() && dots < 3 {
        rest = match rest {
            [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] => rest,
            _ => return false,
        };
        dots += 1;
    }
    matches!(dots, 1 | 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_pass() {
        for path in
            ["/", "/support/tickets/", "/a/b.c", "/a/...", "/a/..b", "/a/.b", "/a/%41%20%zz", "/a/%", "/a/%2", ""]
        {
            assert_eq!(check(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn paths_with_a_second_meaning_are_refused() {
        let refused = [
            "//",
            "/a//b",
            "/a//",
            "/.",
            "/..",
            "/a/../b",
            "/a/./b",
            "/a/..",
            "/;/a",
            "/a/;b=c",
            "/a/..;/b",
            "/a/.;x=y/b",
            "/a/%2e%2e;/b",
            "/%2e",
            "/%2E%2e/a",
            "/.%2e",
            "/%2e./a",
            "/a%2fb",
            "/a%2Fb",
            "/a%5cb",
            "/a%5Cb",
            "/a%00",
            "/a\\b",
            "/%252f/%2f",
        ];
        for path in refused {
            assert_eq!(check(path), Err(Ambiguous), "{path}");
        }
    }

    #[test]
    fn internal_routes_are_known_however_they_are_written() {
        for path in ["/internal", "/internal/v1/events", "/%69nternal/v1", "/%69%6e%74ernal"] {
            assert!(is_internal(path), "{path}");
        }
        for path in ["/internals", "/a/internal", "/", "/Internal"] {
            assert!(!is_internal(path), "{path}");
        }
    }
}
