//! One trusted issuer: its name, its audience and its keys, checked when the program starts.

use std::sync::Arc;

use domain::{Clock, Role};
use jsonwebtoken::{Algorithm, DecodingKey};
use secrecy::{ExposeSecret as _, SecretString};

use crate::keys::{Jwks, Key, KeySource};
use crate::{ConfigError, IssuerConfig};

/// Shortest HS256 secret in bytes (RFC 7518, 3.2).
const MIN_SECRET_BYTES: usize = 32;

/// A trusted issuer.
pub(crate) struct Issuer {
    pub(crate) name: String,
    pub(crate) audience: Option<String>,
    /// The strongest role its tokens can give.
    pub(crate) strongest_role: Role,
    pub(crate) keys: KeySource,
}

impl Issuer {
    pub(crate) fn new(
        config: IssuerConfig,
        clock: &Arc<dyn Clock>,
        http: &reqwest::Client,
    ) -> Result<Self, ConfigError> {
        let issuer = config.issuer.clone();
        if issuer.is_empty() {
            return Err(ConfigError::NoName);
        }
        let count = count_sources(&config);
        if count != 1 {
            return Err(ConfigError::KeySources { issuer, count });
        }
        if config.hs256_secret_also.is_some() && config.hs256_secret.is_none() {
            return Err(ConfigError::Unused { issuer, key: "hs256_secret_also" });
        }
        let audience = config.audience.clone();
        let strongest_role = config.strongest_role.unwrap_or(Role::Admin);
        let keys = match config.jwks_url.clone() {
            Some(url) => published(&config, &url, clock, http)?,
            None => fixed(config)?,
        };
        Ok(Self { name: issuer, audience, strongest_role, keys })
    }
}

fn count_sources(config: &IssuerConfig) -> usize {
    let sources = [
        config.hs256_secret.is_some(),
        config.rs256_public_key.is_some(),
        config.es256_public_key.is_some(),
        config.eddsa_public_key.is_some(),
        config.jwks_url.is_some(),
    ];
    sources.into_iter().filter(|is_set| *is_set).count()
}

fn published(
    config: &IssuerConfig,
    url: &str,
    clock: &Arc<dyn Clock>,
    http: &reqwest::Client,
) -> Result<KeySource, ConfigError> {
    let issuer = config.issuer.clone();
    if config.kid.is_some() {
        return Err(ConfigError::Unused { issuer, key: "kid" });
    }
    let url = reqwest::Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url = url.ok_or_else(|| ConfigError::JwksUrl(issuer.clone()))?;
    let algorithm = config.jwks_algorithm.unwrap_or_default().into();
    Ok(KeySource::Published(Jwks::new(issuer, url, algorithm, Arc::clone(clock), http.clone())))
}

fn fixed(config: IssuerConfig) -> Result<KeySource, ConfigError> {
    let issuer = config.issuer;
    if config.jwks_algorithm.is_some() {
        return Err(ConfigError::Unused { issuer, key: "jwks_algorithm" });
    }
    let (key, entry) = if let Some(secret) = config.hs256_secret {
        let decoding = |secret: &SecretString| {
            let secret = secret.expose_secret().as_bytes();
            if secret.len() < MIN_SECRET_BYTES {
                return Err(ConfigError::ShortSecret(issuer.clone()));
            }
            Ok(DecodingKey::from_secret(secret))
        };
        let also = config.hs256_secret_also.as_ref().map(decoding).transpose()?;
        (Key::new(Algorithm::HS256, decoding(&secret)?).map(|key| key.or(also)), "hs256_secret")
    } else if let Some(pem) = config.rs256_public_key {
        (Key::from_pem(Algorithm::RS256, &pem), "rs256_public_key")
    } else if let Some(pem) = config.es256_public_key {
        (Key::from_pem(Algorithm::ES256, &pem), "es256_public_key")
    } else {
        (Key::from_pem(Algorithm::EdDSA, &config.eddsa_public_key.unwrap_or_default()), "eddsa_public_key")
    };
    let key = key.ok_or(ConfigError::Key { issuer, key: entry })?;
    // While two secrets count, one id cannot be that of both; which of them signed shows in the signature alone.
    let kid = config.kid.filter(|_| config.hs256_secret_also.is_none());
    Ok(KeySource::Fixed { kid, key: Arc::new(key) })
}

#[cfg(test)]
mod tests;
