//! The address of an instance, as operators write it.

use reqwest::Url;

/// Reads `--url`: a slash at the end does no harm, and what is no address is found before it is asked.
pub(crate) fn origin(text: &str) -> Result<String, String> {
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    match Url::parse(text) {
        Ok(url) if is_web(&url) => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err("an address is written http://host:port".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_a_scheme_and_a_host() {
        assert_eq!(origin("http://127.0.0.1:8080/"), Ok("http://127.0.0.1:8080".to_owned()));
        assert_eq!(origin("https://desk.example"), Ok("https://desk.example".to_owned()));
        for bad in ["", "nonsense", "127.0.0.1:8080", "ftp://host", "http://", "postgres://host/db"] {
            assert!(origin(bad).is_err(), "{bad}");
        }
    }
}
