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
const SAMPLE_WORDS: [&str; 9] =
    ["secret", "change", "example", "sample", "password", "default", "replace", "placeholder", "dummy"];

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
    if let Some(also) = &config.auth.service_secret_also {
        refuse_weak("auth.service_secret_also", also)?;
    }
    for issuer in &config.auth.issuers {
        let name = &issuer.issuer;
        for secret in issuer.hs256_secret.iter().chain(&issuer.hs256_secret_also) {
            refuse_weak(&format!("auth.issuers: the secret of {name}"), secret)?;
            let mut ours = [service_secret].into_iter().chain(&config.auth.service_secret_also);
            if ours.any(|ours| ours.expose_secret() == secret.expose_secret()) {
                let why = format!("auth.issuers: {name} has the secret of auth.service_secret and could be a service");
                return Err(ConfigError::Refused(why));
            }
        }
        let url = issuer.jwks_url.as_deref().and_then(|url| reqwest::Url::parse(url).ok());
        if url.is_some_and(|url| url.scheme() == "http" && !is_here(&url)) {
            let why = format!("auth.issuers: the keys of {name} come in the clear; its jwks_url must be https");
            return Err(ConfigError::Refused(why));
        }
    }
    refuse_sample_password("database.url", config.database.url.as_ref())?;
    refuse_sample_password("amqp.url", config.amqp.url.as_ref())
}

/// Passwords that servers come with or that documents show. On this machine they may be a developer's.
fn refuse_sample_password(name: &str, url: Option<&SecretString>) -> Result<(), ConfigError> {
    let Some(url) = url.and_then(|url| reqwest::Url::parse(url.expose_secret()).ok()) else { return Ok(()) };
    let Some(password) = url.password().map(str::to_lowercase) else { return Ok(()) };
    let is_sample = password == url.username().to_lowercase()
        || ["guest", "postgres", "admin", "rabbitmq"].contains(&password.as_str())
        || SAMPLE_WORDS.iter().any(|word| password.contains(word));
    if is_sample && !is_here(&url) {
        return Err(ConfigError::Refused(format!("the password in {name} is one that everybody knows")));
    }
    Ok(())
}

/// Whether a URL points to this machine: a loopback address, or a socket in a folder.
fn is_here(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host.is_empty()
        || host == "localhost"
        || host.starts_with("%2")
        || address.is_ok_and(|address| address.is_loopback())
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
