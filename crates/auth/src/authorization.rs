//! The value of an `Authorization` header: a scheme and what follows it (RFC 9110, 11.4).
//!
//! Scheme names have no case. A header that was sent twice never gets here: the extractor counts them.

/// The token of a `Bearer` header, or nothing if the header is of another scheme or holds no token.
#[must_use]
pub fn bearer(header: &[u8]) -> Option<&str> {
    after_scheme(header, "Bearer")
}

/// What follows the scheme, if the header is of that scheme and the rest is a `token68` (RFC 9110, 11.2).
pub(crate) fn after_scheme<'a>(header: &'a [u8], scheme: &str) -> Option<&'a str> {
    let text = std::str::from_utf8(header).ok()?;
    let (name, rest) = text.split_once(' ')?;
    let value = rest.trim_matches(' ');
    let fits = name.eq_ignore_ascii_case(scheme) && !value.is_empty() && value.bytes().all(is_token68);
    fits.then_some(value)
}

fn is_token68(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn the_scheme_has_no_case() {
        for header in ["Bearer a.b.c", "bearer a.b.c", "BEARER a.b.c", "bEaReR   a.b.c "] {
            assert_eq!(bearer(header.as_bytes()), Some("a.b.c"), "{header:?}");
        }
    }

    #[test]
    fn what_is_no_bearer_token_is_nothing() {
        let refused: [&[u8]; 11] = [
            b"",
            b"Bearer",
            b"Bearer ",
            b"Bearer    ",
            b"a.b.c",
            b" Bearer a.b.c",
            b"Bearer\ta.b.c",
            b"Bearer a.b.c d",
            b"Bearer a.b.c, Bearer d",
            b"Basic a.b.c",
            b"Bearer a.\xff.c",
        ];
        for header in refused {
            assert_eq!(bearer(header), None, "{:?}", String::from_utf8_lossy(header));
        }
    }
}
