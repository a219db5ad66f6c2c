//! Basic credentials (RFC 7617), which the MAS line uses.
//!
//! Users are configured, each with an argon2id hash and the profiles it may name. There is no default user.

mod users;

use argon2::{Argon2, PasswordHasher as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

pub use users::{BasicConfigError, BasicUser, BasicUserConfig, BasicUsers};

use crate::authorization::after_scheme;

/// Longest `user:password` in bytes. Hashing takes longer the longer the password is.
const MAX_CREDENTIALS_BYTES: usize = 1024;

/// User and password of a `Basic` header, or nothing if the header is of another scheme or malformed: no base64, no UTF-8, no
/// colon, a control character (RFC 7617, 2), or more than 1,024 bytes.
#[must_use]
pub fn parse(header: &[u8]) -> Option<(String, SecretString)> {
    let decoded = STANDARD.decode(after_scheme(header, "Basic")?).ok()?;
    if decoded.len() > MAX_CREDENTIALS_BYTES {
        return None;
    }
    let text = String::from_utf8(decoded).ok()?;
    if text.chars().any(char::is_control) {
        return None;
    }
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), SecretString::from(password)))
}

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("the password cannot be hashed: {0}")]
pub struct HashError(#[from] argon2::password_hash::Error);

/// The argon2id hash of a password for the configuration, with a new salt. Takes tens of milliseconds.
///
/// # Errors
/// The system has no random numbers.
pub fn hash(password: &SecretString) -> Result<String, HashError> {
    let hash: argon2::PasswordHash = Argon2::default().hash_password(password.expose_secret().as_bytes())?;
    Ok(hash.to_string())
}
