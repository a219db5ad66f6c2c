//! Secrets: made once for a local instance, and refused in production if they are missing or out of a document.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use auth::{IssuerConfig, Minter};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{Config, ConfigError};

/// Who signs the tokens of a local instance.
pub const LOCAL_ISSUER: &str = "crossdesk-local";
/// Fewest bytes in a secret.
const MIN_BYTES: usize = 32;
/// Words that give a sample away: they stand in documents and in files named example.
const SAMPLE_WORDS: [&str; 6] = ["secret", "change", "example", "sample", "password", "default"];

/// A secret of a local instance, made at first use and readable by its owner alone.
pub fn local_secret(data_dir: &Path, name: &str) -> Result<SecretString, ConfigError> {
    let folder = data_dir.join("secrets");
    let path = folder.join(format!("{name}.key"));
    let failed = |error: std::io::Error| ConfigError::Unreadable(format!("{}: {error}", path.display()));
    fs::create_dir_all(&folder).map_err(failed)?;
    if !path.exists() {
        // Complete before it has its name: of two first starts at once, both end with the same secret.
        let whole = folder.join(format!("{name}.{}", random_word()));
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&whole).map_err(failed)?;
        file.write_all(format!("{}{}", random_word(), random_word()).as_bytes()).map_err(failed)?;
        let named = fs::hard_link(&whole, &path);
        fs::remove_file(&whole).map_err(failed)?;
        match named {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(failed(error)),
            _ => {}
        }
    }
    let text = fs::read_to_string(&path).map_err(failed)?;
    Ok(text.trim().to_owned().into())
}

/// The issuer that a local instance trusts when none is configured.
pub fn local_issuer(data_dir: &Path) -> Result<IssuerConfig, ConfigError> {
    Ok(IssuerConfig::hs256(LOCAL_ISSUER, local_secret(data_dir, "issuer")?.expose_secret()))
}

/// Signs tokens for a local instance.
pub fn local_minter(data_dir: &Path) -> Result<Minter, ConfigError> {
    Ok(Minter::hs256(LOCAL_ISSUER, None, &local_secret(data_dir, "issuer")?))
}

/// What production refuses to start with.
pub(crate) fn refuse_samples(config: &Config, service_secret: &SecretString) -> Result<(), ConfigError> {
    if config.auth.issuers.is_empty() {
        return Err(ConfigError::Refused("auth.issuers is empty: nobody could sign in".to_owned()));
    }
    refuse_weak("auth.service_secret", service_secret)?;
    for issuer in &config.auth.issuers {
        if let Some(secret) = &issuer.hs256_secret {
            refuse_weak(&format!("auth.issuers: the secret of {}", issuer.issuer), secret)?;
        }
    }
    Ok(())
}

fn refuse_weak(name: &str, secret: &SecretString) -> Result<(), ConfigError> {
    let text = secret.expose_secret();
    let lower = text.to_lowercase();
    if text.len() < MIN_BYTES {
        return Err(ConfigError::Refused(format!("{name} is shorter than {MIN_BYTES} bytes")));
    }
    let distinct = text.bytes().collect::<std::collections::BTreeSet<_>>().len();
    if distinct < 8 || SAMPLE_WORDS.iter().any(|word| lower.contains(word)) {
        return Err(ConfigError::Refused(format!("{name} looks like a sample; make one with `openssl rand -hex 32`")));
    }
    Ok(())
}

/// 122 random bits.
#[expect(clippy::disallowed_methods, reason = "a secret, and not an id that should have an order")]
fn random_word() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
