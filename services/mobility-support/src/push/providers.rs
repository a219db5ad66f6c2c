//! Where providers are told, checked once at the start: what can be known to be wrong then keeps the service from
//! starting.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chassis::{Config, Profile};
use domain::Subject;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::ExposeSecret as _;
use url::{Host, Url};

use super::address::{PublicOnly, is_public};
use crate::config::{EndpointConfig, MobilityConfig};

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a whole call may take: shorter than the lease of a delivery.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The providers that want to be told, and the origin that links begin with.
#[derive(Debug)]
pub(crate) struct Providers {
    endpoints: BTreeMap<Subject, Endpoint>,
    origin: String,
}

/// Where a provider is told.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    pub(super) url: Url,
    pub(super) http: reqwest::Client,
}

/// A setting that cannot be used. The token is never named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("mobility.notify: {0} is there twice")]
    Twice(Subject),
    #[error("mobility.notify: the url of {0} {1}")]
    Url(Subject, &'static str),
    #[error("mobility.notify: the token of {0} {1}")]
    Token(Subject, &'static str),
    #[error("mobility.notify needs CROSSDESK__HTTP__PUBLIC_URL: providers are sent links to it")]
    NoOrigin,
    #[error("mobility.notify: no HTTP client: {0}")]
    Client(String),
}

impl Providers {
    /// Checks the configuration.
    pub(crate) fn new(config: MobilityConfig, common: &Config) -> Result<Self, Unfit> {
        let origin = match (&common.http.public_url, common.profile) {
            (Some(url), _) => url.trim_end_matches('/').to_owned(),
            (None, Profile::Production) if !config.notify.is_empty() => return Err(Unfit::NoOrigin),
            (None, _) => format!("http://{}:{}", common.http.host, common.http.port),
        };
        let mut endpoints = BTreeMap::new();
        for endpoint in config.notify {
            let subject = endpoint.subject.clone();
            let checked = Endpoint::new(endpoint, common.profile)?;
            if endpoints.insert(subject.clone(), checked).is_some() {
                return Err(Unfit::Twice(subject));
            }
        }
        Ok(Self { endpoints, origin })
    }

    /// Whether a provider wants to be told.
    pub(crate) fn listens(&self, provider: &Subject) -> bool {
        self.endpoints.contains_key(provider)
    }

    pub(super) fn endpoints(&self) -> impl Iterator<Item = (&Subject, &Endpoint)> {
        self.endpoints.iter()
    }

    pub(super) fn origin(&self) -> &str {
        &self.origin
    }
}

impl Endpoint {
    pub(super) fn new(config: EndpointConfig, profile: Profile) -> Result<Self, Unfit> {
        let EndpointConfig { subject, url, token } = config;
        let url = checked_url(&url, profile).map_err(|reason| Unfit::Url(subject.clone(), reason))?;
        let mut headers = HeaderMap::new();
        match token.expose_secret() {
            "" if profile == Profile::Production => return Err(Unfit::Token(subject, "is empty")),
            "" => {}
            token => {
                let header = HeaderValue::from_str(&format!("Bearer {token}"));
                let mut header = header.map_err(|_| Unfit::Token(subject, "cannot be sent in a header"))?;
                header.set_sensitive(true);
                headers.insert(AUTHORIZATION, header);
            }
        }
        let mut http = reqwest::Client::builder()
            .default_headers(headers)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .no_proxy()
            // A redirect would lead to an address that nobody checked, with the provider's token.
            .redirect(reqwest::redirect::Policy::none());
        if profile == Profile::Production {
            http = http.dns_resolver(Arc::new(PublicOnly));
        }
        Ok(Self { url, http: http.build().map_err(|error| Unfit::Client(error.to_string()))? })
    }
}

/// The place below the URL where providers take notifications.
fn checked_url(text: &str, profile: Profile) -> Result<Url, &'static str> {
    let base = text.trim_end_matches('/');
    let mut url = Url::parse(base).map_err(|_| "is not absolute")?;
    match (url.scheme(), profile) {
        ("https", _) | ("http", Profile::Local) => {}
        ("http", Profile::Production) => return Err("must be https"),
        _ => return Err("must be http or https"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not have a user: the token is the credential");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must not have a query or a fragment: a path is added to it");
    }
    let is_private = match url.host() {
        None => return Err("has no host"),
        Some(Host::Ipv4(address)) => !is_public(address.into()),
        Some(Host::Ipv6(address)) => !is_public(address.into()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
    };
    if is_private && profile == Profile::Production {
        return Err("must not be a private address");
    }
    let path = format!("{}/processes/notification/execution", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}
