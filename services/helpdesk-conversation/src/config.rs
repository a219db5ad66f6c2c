//! The section `helpdesk`: which web pages may act for the user whose cookie the browser sends along.

use serde::Deserialize;

use crate::LiveConfig;

/// Configuration of the helpdesk line.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HelpdeskConfig {
    /// Origins, as browsers write them (`https://example.org`), beside the service's own: a list, or a text with commas.
    pub allowed_origins: AllowedOrigins,
    /// Live connections.
    pub live: LiveConfig,
}

/// Origins of web pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Written")]
pub struct AllowedOrigins(Vec<String>);

/// How a list is written: in a file as a list, in the environment perhaps as a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    List(Vec<String>),
    Text(String),
}

impl From<Written> for AllowedOrigins {
    fn from(written: Written) -> Self {
        let origins = match written {
            Written::List(origins) => origins,
            Written::Text(text) => text.split(',').map(str::to_owned).collect(),
        };
        let trimmed = origins.iter().map(|origin| origin.trim().trim_end_matches('/').to_owned());
        Self(trimmed.filter(|origin| !origin.is_empty()).collect())
    }
}

impl AllowedOrigins {
    /// Whether this origin is one of them. Scheme and host have no case.
    #[must_use]
    pub fn contains(&self, origin: &str) -> bool {
        self.0.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: serde_json::Value) -> AllowedOrigins {
        serde_json::from_value::<HelpdeskConfig>(serde_json::json!({"allowed_origins": value})).unwrap().allowed_origins
    }

    #[test]
    fn origins_are_a_list_or_a_text_with_commas() {
        for value in [
            serde_json::json!(["https://a.example", "http://b.example:8080/"]),
            serde_json::json!("https://a.example, http://b.example:8080"),
        ] {
            let origins = read(value);
            assert!(origins.contains("https://a.example") && origins.contains("HTTP://B.example:8080"));
            assert!(!origins.contains("http://a.example") && !origins.contains("null") && !origins.contains(""));
        }
        assert!(!read(serde_json::json!("")).contains(""));
    }
}
