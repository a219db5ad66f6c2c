//! The section `tours`, which three programs read: tour-tickets and attachments, so that guests get the same rights from
//! both, and the gateway, which answers CORS for them.

use std::net::IpAddr;

use serde::Deserialize;

use super::{ConfigError, Profile};

/// Configuration of the tours line.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ToursConfig {
    /// What guests may do; if unset, it depends on where the service runs.
    pub anonymous_access: Option<AnonymousAccess>,
    /// Browser applications that may read the answers.
    pub cors_origins: Option<Origins>,
}

/// What somebody without a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnonymousAccess {
    /// Everything, on every ticket.
    Full,
    /// Open tickets, so many in a minute.
    CreateOnly,
    /// Nothing.
    None,
}

/// `*`, or a list, in the environment also with commas.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Origins {
    /// As text.
    Text(String),
    /// As a list.
    List(Vec<String>),
}

impl ToursConfig {
    /// What guests may do on a service that listens on `host`.
    ///
    /// # Errors
    /// If everybody who reaches the machine could read every ticket.
    pub fn access(&self, profile: Profile, host: IpAddr) -> Result<AnonymousAccess, ConfigError> {
        let is_loopback = host.to_canonical().is_loopback();
        let default = match profile {
            Profile::Local if is_loopback => AnonymousAccess::Full,
            Profile::Local | Profile::Production => AnonymousAccess::CreateOnly,
        };
        let access = self.anonymous_access.unwrap_or(default);
        if access == AnonymousAccess::Full && !is_loopback {
            return Err(ConfigError::Refused(format!(
                "tours.anonymous_access is `full`, but the service listens on {host}: everybody could read every ticket; \
                 use `create_only` or `none`, or listen on 127.0.0.1"
            )));
        }
        Ok(access)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(text: &str, profile: Profile, host: &str) -> Option<AnonymousAccess> {
        let config: ToursConfig = serde_json::from_str(text).unwrap();
        config.access(profile, host.parse().unwrap()).ok()
    }

    #[test]
    fn guests_may_do_everything_only_on_a_developer_s_machine() {
        use AnonymousAccess::{CreateOnly, Full, None as Nothing};
        use Profile::{Local, Production};
        let (full, nothing) = ("{\"anonymous_access\":\"full\"}", "{\"anonymous_access\":\"none\"}");
        for (text, profile, host, expected) in [
            ("{}", Local, "127.0.0.1", Some(Full)),
            ("{}", Local, "::1", Some(Full)),
            ("{}", Local, "::ffff:127.0.0.1", Some(Full)),
            ("{}", Local, "0.0.0.0", Some(CreateOnly)),
            ("{}", Production, "127.0.0.1", Some(CreateOnly)),
            ("{}", Production, "0.0.0.0", Some(CreateOnly)),
            (full, Local, "127.0.0.1", Some(Full)),
            (full, Production, "127.0.0.1", Some(Full)),
            (full, Local, "0.0.0.0", None),
            (full, Local, "::", None),
            (full, Local, "::ffff:127.0.0.1", Some(Full)),
            (full, Local, "::ffff:192.0.2.1", None),
            (full, Production, "192.0.2.1", None),
            (nothing, Local, "127.0.0.1", Some(Nothing)),
            (nothing, Production, "0.0.0.0", Some(Nothing)),
        ] {
            assert_eq!(access(text, profile, host), expected, "{text} {profile:?} {host}");
        }
    }

    #[test]
    fn origins_are_text_or_a_list_and_an_unknown_key_is_refused() {
        for good in ["{\"cors_origins\":\"*\"}", "{\"cors_origins\":[\"http://localhost:3000\"]}"] {
            assert!(serde_json::from_str::<ToursConfig>(good).is_ok(), "{good}");
        }
        for bad in ["{\"anonymous\":\"full\"}", "{\"anonymous_access\":\"Full\"}", "{\"cors_origins\":5}"] {
            assert!(serde_json::from_str::<ToursConfig>(bad).is_err(), "{bad}");
        }
    }
}
