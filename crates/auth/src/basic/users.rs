//! The configured users and the check of a password.
//!
//! argon2 is slow and hungry on purpose, so three things guard it: it runs off the async workers, only a few at a time, and
//! a password that was right is remembered, under a keyed hash whose key lives as long as the process. Wrong passwords are not
//! remembered. An unknown user is checked against somebody else's hash and then refused, so time does not tell who exists.

use std::sync::Arc;

use argon2::password_hash::try_generate_salt;
use argon2::{ARGON2ID_IDENT, Argon2, Params, PasswordHash, PasswordVerifier as _};
use quick_cache::sync::Cache;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

/// How many right passwords are remembered: there are a handful of clients, each with one.
const MAX_REMEMBERED: usize = 1_000;
/// Hashes at the same time: each takes one core and 19 MiB.
const MAX_PARALLEL_HASHES: usize = 4;

/// One user, as configuration writes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BasicUserConfig {
    /// The user name: not empty, no colon, no control characters.
    pub name: String,
    /// The argon2id hash of the password as a PHC string, as [`super::hash`] makes it.
    pub password_hash: SecretString,
    /// The profiles this user may name (`ProfileId`).
    #[serde(default)]
    pub profiles: Vec<String>,
}

/// The users cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BasicConfigError {
    /// A name that no header can carry.
    #[error("{0:?} cannot be a user name: it is empty, or has a colon or a control character")]
    Name(String),
    /// Two entries have the same name.
    #[error("user {0:?} is configured twice")]
    Twice(String),
    /// The hash is none of argon2id.
    #[error("the password_hash of user {0:?} is not an argon2id hash ($argon2id$v=19$...)")]
    Hash(String),
    /// The system has no random numbers.
    #[error("the system has no random numbers")]
    Random,
}

/// A configured user.
#[derive(Debug)]
pub struct BasicUser {
    name: String,
    profiles: Vec<String>,
    hash: Arc<PasswordHash>,
}

impl BasicUser {
    /// The user name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The profiles this user may name.
    #[must_use]
    pub fn profiles(&self) -> &[String] {
        &self.profiles
    }

    /// Whether this user may name the profile.
    #[must_use]
    pub fn has_profile(&self, profile: &str) -> bool {
        self.profiles.iter().any(|known| known == profile)
    }

    fn new(config: BasicUserConfig) -> Result<Self, BasicConfigError> {
        let BasicUserConfig { name, password_hash, profiles } = config;
        if name.is_empty() || name.chars().any(|c| c == ':' || c.is_control()) {
            return Err(BasicConfigError::Name(name));
        }
        match PasswordHash::new(password_hash.expose_secret()) {
            Ok(hash) if is_argon2id(&hash) => Ok(Self { name, profiles, hash: Arc::new(hash) }),
            _ => Err(BasicConfigError::Hash(name)),
        }
    }

    /// How much work a check of this user's password is.
    fn cost(&self) -> u64 {
        Params::try_from(&*self.hash).map_or(0, |params| u64::from(params.m_cost()) * u64::from(params.t_cost()))
    }
}

fn is_argon2id(hash: &PasswordHash) -> bool {
    let is_complete = hash.salt.is_some() && hash.hash.is_some();
    hash.algorithm == ARGON2ID_IDENT && is_complete && Params::try_from(hash).is_ok()
}

/// Checks the passwords of the configured users.
pub struct BasicUsers {
    users: Vec<BasicUser>,
    /// Whose hash an unknown user is checked against: the most costly one.
    stand_in: Option<Arc<PasswordHash>>,
    remembered: Cache<[u8; 32], ()>,
    cache_key: [[u8; 16]; 2],
    hashing: Arc<Semaphore>,
}

impl BasicUsers {
    /// Knows these users. With none, everybody is refused.
    ///
    /// # Errors
    /// A user cannot be used; the error names it.
    pub fn new(configs: Vec<BasicUserConfig>) -> Result<Self, BasicConfigError> {
        let mut users: Vec<BasicUser> = Vec::with_capacity(configs.len());
        for config in configs {
            let user = BasicUser::new(config)?;
            if users.iter().any(|known| known.name == user.name) {
                return Err(BasicConfigError::Twice(user.name));
            }
            users.push(user);
        }
        let random = || try_generate_salt().map_err(|_| BasicConfigError::Random);
        Ok(Self {
            stand_in: users.iter().max_by_key(|user| user.cost()).map(|user| Arc::clone(&user.hash)),
            users,
            remembered: Cache::new(MAX_REMEMBERED),
            cache_key: [random()?, random()?],
            hashing: Arc::new(Semaphore::new(MAX_PARALLEL_HASHES)),
        })
    }

    /// The user, if the password is right.
    pub async fn authenticate(&self, user: &str, password: &SecretString) -> Option<&BasicUser> {
        let known = self.users.iter().find(|known| known.name == user);
        let fingerprint = self.fingerprint(user, password);
        if self.remembered.get(&fingerprint).is_some() {
            return known;
        }
        let hash = known.map(|known| &known.hash).or(self.stand_in.as_ref())?;
        let turn = Arc::clone(&self.hashing).acquire_owned().await.ok()?;
        // A burst of one client waits here together; the first one's result is good for all.
        if self.remembered.get(&fingerprint).is_some() {
            return known;
        }
        let (hash, password) = (Arc::clone(hash), password.clone());
        let check = tokio::task::spawn_blocking(move || {
            let is_right = Argon2::default().verify_password(password.expose_secret().as_bytes(), &*hash).is_ok();
            drop(turn);
            is_right
        });
        let is_right = check.await.unwrap_or(false);
        let user = known.filter(|_| is_right)?;
        self.remembered.insert(fingerprint, ());
        Some(user)
    }

    /// Identifies user and password without keeping either. The length separates them: `a`+`bc` is not `ab`+`c`.
    fn fingerprint(&self, user: &str, password: &SecretString) -> [u8; 32] {
        let hasher = Sha256::new().chain_update(self.cache_key.as_flattened());
        let hasher = hasher.chain_update(user.len().to_le_bytes()).chain_update(user);
        hasher.chain_update(password.expose_secret()).finalize().into()
    }
}

impl std::fmt::Debug for BasicUsers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.users.iter().map(BasicUser::name).collect();
        f.debug_struct("BasicUsers").field("users", &names).finish_non_exhaustive()
    }
}
