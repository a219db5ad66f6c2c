//! The section `files`: where uploaded files are kept.

use std::path::Path;

use secrecy::SecretString;
use serde::Deserialize;

/// Largest file (contract, section 12).
const MAX_BYTES: u64 = 25 * 1024 * 1024;
/// After how long an upload that came to no end is removed: longer than any client waits.
const ORPHAN_AFTER_S: u32 = 24 * 60 * 60;
/// How often such uploads are looked for.
const CLEAN_EVERY_S: u32 = 10 * 60;

/// Where uploaded files are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FilesConfig {
    /// `file:///a/folder` or `s3://bucket/prefix`; the folder `files` of the data folder if unset.
    pub store_url: Option<String>,
    /// Largest file, in bytes.
    pub max_bytes: u64,
    /// After how many seconds an upload that came to no end is removed.
    pub orphan_after_s: u32,
    /// Every how many seconds such uploads are looked for.
    pub clean_every_s: u32,
    /// How to reach the store, if it is `s3://`.
    pub s3: S3Config,
}

/// How to reach an S3 store.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct S3Config {
    /// The store's URL, if it is not AWS; `http://` is accepted too.
    pub endpoint: Option<String>,
    /// The region; `us-east-1` if unset.
    pub region: Option<String>,
    /// The access key; without it, the credentials of the machine's role.
    pub access_key: Option<String>,
    /// Its secret.
    pub secret_key: Option<SecretString>,
}

impl Default for FilesConfig {
    fn default() -> Self {
        Self {
            store_url: None,
            max_bytes: MAX_BYTES,
            orphan_after_s: ORPHAN_AFTER_S,
            clean_every_s: CLEAN_EVERY_S,
            s3: S3Config::default(),
        }
    }
}

impl FilesConfig {
    /// The store's URL as configured, or that of the folder in the data folder.
    pub(crate) fn url(&self, data_dir: &Path) -> anyhow::Result<url::Url> {
        match &self.store_url {
            Some(text) => Ok(url::Url::parse(text).map_err(|error| anyhow::anyhow!("files.store_url: {error}"))?),
            None => {
                let folder = std::path::absolute(data_dir.join("files"))?;
                url::Url::from_directory_path(&folder).map_err(|()| anyhow::anyhow!("data_dir is no usable folder"))
            }
        }
    }
}
