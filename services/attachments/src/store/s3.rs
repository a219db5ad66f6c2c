//! A bucket of an S3 store, reached with an HTTP client of ours.

use std::time::Duration;

use anyhow::Context as _;
use object_store::RetryConfig;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{ClientOptions, HttpClient, HttpConnector};
use secrecy::ExposeSecret as _;
use url::Url;

use crate::S3Config;

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the store may be silent. There is no limit on a whole call, because a slow client may read a file for minutes.
const READ_TIMEOUT: Duration = Duration::from_secs(20);
/// Attempts after the first, within the time a client waits.
const RETRIES: usize = 2;
/// No attempt begins later than this after the first.
const RETRY_TIMEOUT: Duration = Duration::from_secs(10);
/// What S3 stores that have no regions expect.
const DEFAULT_REGION: &str = "us-east-1";

/// The bucket that `s3://bucket/prefix` names.
pub(super) fn bucket(url: &Url, config: &S3Config) -> anyhow::Result<AmazonS3> {
    let name = url.host_str().context("files.store_url names no bucket: s3://bucket/prefix")?;
    let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(name)
        .with_region(config.region.as_deref().unwrap_or(DEFAULT_REGION))
        // Files are deleted one by one, and not every store knows how to delete several.
        .with_disable_bulk_delete(true)
        .with_retry(retry)
        .with_http_connector(Connector(client()?));
    if let Some(endpoint) = &config.endpoint {
        builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
    }
    match (&config.access_key, &config.secret_key) {
        (Some(key), Some(secret)) => {
            builder = builder.with_access_key_id(key).with_secret_access_key(secret.expose_secret());
        }
        (None, None) => {}
        _ => anyhow::bail!("files.s3: access_key and secret_key go together"),
    }
    builder.build().context("files.s3")
}

fn client() -> anyhow::Result<reqwest::Client> {
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none());
    client.build().context("no HTTP client for the store")
}

/// Gives the store our client.
#[derive(Debug)]
struct Connector(reqwest::Client);

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}
