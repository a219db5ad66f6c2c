//! The section `mas`: the callers that may post requests.
//!
//! The sample user exists in the local profile only, on an address that no other machine reaches. Elsewhere nobody gets in
//! until somebody is configured; in production the sample's password is refused.

use std::net::IpAddr;
use std::path::PathBuf;

use argon2::{Argon2, PasswordHash, PasswordVerifier as _};
use auth::basic::{BasicConfigError, BasicUserConfig, BasicUsers, HashError};
use chassis::Profile;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::bridge::BridgeConfig;
use crate::simulator::SimulatorConfig;

/// Name and password of the sample user in the documents.
const SAMPLE: &str = "ocsuser";
/// The profile of the sample user.
const SAMPLE_PROFILE: &str = "Siebel_201";
/// Most characters of a profile (schema of the command).
const MAX_PROFILE_CHARS: usize = 100;

/// Configuration of the MAS line.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MasConfig {
    /// Who may post requests. In the environment: `CROSSDESK__MAS__CLIENTS_FILE` names a file with a JSON list.
    pub clients: Vec<ClientConfig>,
    /// The bridge to a MAS that speaks HTTP.
    pub bridge: BridgeConfig,
    /// The stand-in for MAS.
    pub simulator: SimulatorConfig,
}

/// A caller: a Basic user.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientConfig {
    /// The user name: not empty, no colon, no control characters.
    pub name: String,
    /// The argon2id hash of the password (`$argon2id$v=19$...`).
    #[serde(default)]
    pub password_hash: Option<SecretString>,
    /// A file with that hash, instead of the hash itself.
    #[serde(default)]
    pub password_hash_file: Option<PathBuf>,
    /// The values of `ProfileId` this user may send.
    #[serde(default)]
    pub profiles: Vec<String>,
}

/// The section cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MasConfigError {
    /// A user that cannot be.
    #[error("mas.clients: {0}")]
    User(#[from] BasicConfigError),
    /// Neither hash nor file, or both.
    #[error("mas.clients: user {0:?} needs either password_hash or password_hash_file")]
    Hash(String),
    /// The file cannot be read.
    #[error("mas.clients: the password_hash_file of user {0:?} cannot be read: {1}")]
    File(String, std::io::Error),
    /// A profile that no event could name.
    #[error("mas.clients: the profile {0:?} is not of the form source_number, for example Siebel_201")]
    Profile(String),
    /// A password out of the documents.
    #[error("mas.clients: user {0:?} has the sample password; choose another one")]
    Sample(String),
    /// The sample's password could not be hashed.
    #[error(transparent)]
    Random(#[from] HashError),
}

impl MasConfig {
    /// The users that may post requests to a service that listens on `host`.
    ///
    /// # Errors
    /// One of them cannot be used; the error names it.
    pub fn users(&self, profile: Profile, host: IpAddr) -> Result<BasicUsers, MasConfigError> {
        let mut users = Vec::with_capacity(self.clients.len());
        for client in &self.clients {
            let user = client.user()?;
            if profile == Profile::Production && has_sample_password(&user) {
                return Err(MasConfigError::Sample(user.name));
            }
            users.push(user);
        }
        if users.is_empty() {
            match profile {
                Profile::Local if host.to_canonical().is_loopback() => users.push(sample()?),
                Profile::Local | Profile::Production => {
                    tracing::warn!("mas.clients is empty: every request is refused");
                }
            }
        }
        Ok(BasicUsers::new(users)?)
    }
}

impl ClientConfig {
    fn user(&self) -> Result<BasicUserConfig, MasConfigError> {
        let password_hash = match (&self.password_hash, &self.password_hash_file) {
            (Some(hash), None) => hash.clone(),
            (None, Some(path)) => {
                let text =
                    std::fs::read_to_string(path).map_err(|error| MasConfigError::File(self.name.clone(), error))?;
                text.trim().into()
            }
            _ => return Err(MasConfigError::Hash(self.name.clone())),
        };
        if let Some(wrong) = self.profiles.iter().find(|profile| !is_profile(profile)) {
            return Err(MasConfigError::Profile(wrong.clone()));
        }
        Ok(BasicUserConfig { name: self.name.clone(), password_hash, profiles: self.profiles.clone() })
    }
}

/// `{source}_{number}`, visible ASCII.
fn is_profile(text: &str) -> bool {
    let parts = text.rsplit_once('_');
    let is_split = parts.is_some_and(|(source, number)| {
        !source.is_empty() && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    is_split && text.len() <= MAX_PROFILE_CHARS && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn sample() -> Result<BasicUserConfig, MasConfigError> {
    let password_hash = auth::basic::hash(&SecretString::from(SAMPLE))?.into();
    Ok(BasicUserConfig { name: SAMPLE.to_owned(), password_hash, profiles: vec![SAMPLE_PROFILE.to_owned()] })
}

/// Whatever the user's name is. A hash that is none is refused elsewhere.
fn has_sample_password(user: &BasicUserConfig) -> bool {
    let hash = PasswordHash::new(user.password_hash.expose_secret());
    hash.is_ok_and(|hash| Argon2::default().verify_password(SAMPLE.as_bytes(), &hash).is_ok())
}
