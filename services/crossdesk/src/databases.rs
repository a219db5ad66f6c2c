//! Where the services' databases are: on one server, each by its name, or at a URL of its own (`databases.<service>`),
//! because a service may have a server, a role and a secret that nobody else has.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use chassis::{Config, Profile};
use secrecy::{ExposeSecret as _, SecretString};
use storage::migrate::exists;

use crate::fleet::SERVICES;
use crate::say::say;

/// How long a server may take to answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// What a URL of PostgreSQL begins with.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

/// Where each service's database is.
#[derive(Debug)]
pub(crate) struct Databases {
    server: Option<String>,
    own: BTreeMap<String, SecretString>,
}

/// Where one service's database is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At the URL that is set for this service: whoever sets one says that the database is there.
    Own(String),
    /// At this URL on the server that all share. It may not be there.
    Shared(String),
    /// No server is known, and no URL.
    Unknown,
}

impl Databases {
    /// Those on the configured server or the running local instance's, and those with a URL of their own.
    pub(crate) fn find(config: &Config) -> Result<Self> {
        match server_url(config) {
            Ok(server) => Self::on(config, Some(server)),
            Err(error) => {
                let found = Self::on(config, None)?;
                if found.own.is_empty() { Err(error) } else { Ok(found) }
            }
        }
    }

    /// Those on this server, and those with a URL of their own.
    pub(crate) fn on(config: &Config, server: Option<String>) -> Result<Self> {
        let own: BTreeMap<String, SecretString> = config.section("databases")?;
        for (key, url) in &own {
            let is_known =
                SERVICES.iter().any(|service| service.has_database && service.name.replace('-', "_") == *key);
            ensure!(is_known, "databases.{key}: there is no such service; those with a database are {}", known());
            ensure!(is_url(url.expose_secret()), "databases.{key}: no URL like postgres://user:password@host/database");
        }
        if let Some(server) = &server {
            ensure!(is_url(server), "database.url: no URL like postgres://user:password@host/database");
        }
        Ok(Self { server, own })
    }

    /// Whether a service has a URL of its own.
    pub(crate) fn has_own(&self) -> bool {
        !self.own.is_empty()
    }

    /// The server that the services share, if one is known.
    pub(crate) fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// Where a service's database is, or has to be.
    pub(crate) fn place(&self, service: &str) -> Place {
        if let Some(url) = self.own.get(&service.replace('-', "_")) {
            return Place::Own(url.expose_secret().to_owned());
        }
        match &self.server {
            Some(server) => Place::Shared(beside(server, &database_name(service))),
            None => Place::Unknown,
        }
    }

    /// The URL of a service's database, or in a sentence why there is none here.
    ///
    /// # Errors
    ///
    /// If the server does not say which databases it has.
    pub(crate) async fn url(&self, service: &str) -> Result<Result<String, String>> {
        let (Some(server), Place::Shared(url)) = (&self.server, self.place(service)) else {
            return Ok(match self.place(service) {
                Place::Own(url) | Place::Shared(url) => Ok(url),
                Place::Unknown => Err(format!("databases.{} is not set", service.replace('-', "_"))),
            });
        };
        let name = database_name(service);
        Ok(if has(server, &name).await? { Ok(url) } else { Err(format!("the server has no database {name}")) })
    }

    /// Fails if nothing can be looked at, so that it is said once and not for each service.
    pub(crate) async fn answer(&self) -> Result<()> {
        match &self.server {
            Some(server) if self.own.is_empty() => has(server, "postgres").await.map(drop),
            _ => Ok(()),
        }
    }
}

/// The name of a service's database on a server that services share.
pub(crate) fn database_name(service: &str) -> String {
    format!("crossdesk_{}", service.replace('-', "_"))
}

/// Prints the URL of a service's database.
pub(crate) fn print_url(service: &str) -> Result<ExitCode> {
    let is_known = SERVICES.iter().any(|known| known.has_database && known.name == service);
    ensure!(is_known, "there is no service `{service}` with a database; there are {}", known());
    let config = Config::load(Profile::Local)?;
    match Databases::find(&config)?.place(service) {
        Place::Own(url) | Place::Shared(url) => say!("{url}"),
        Place::Unknown => bail!("databases.{} is not set, and no server either", service.replace('-', "_")),
    }
    Ok(ExitCode::SUCCESS)
}

/// The services that have a database, for people.
pub(crate) fn known() -> String {
    let names: Vec<&str> = SERVICES.iter().filter(|service| service.has_database).map(|service| service.name).collect();
    names.join(", ")
}

/// Where a running instance says how to reach its cluster.
pub(crate) fn note_path(data_dir: &Path) -> PathBuf {
    data_dir.join("postgres.url")
}

/// The server that is configured, or the running local instance's.
fn server_url(config: &Config) -> Result<String> {
    if let Some(url) = &config.database.url {
        return Ok(url.expose_secret().to_owned());
    }
    let note = note_path(&config.data_dir);
    fs::read_to_string(&note).context("no local instance runs here, and CROSSDESK__DATABASE__URL is not set")
}

/// A slip in a secret file, such as a password alone, must not be taken for a host.
fn is_url(text: &str) -> bool {
    SCHEMES.iter().any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
}

async fn has(server: &str, database: &str) -> Result<bool> {
    let asked = tokio::time::timeout(PATIENCE, exists(server, database)).await;
    asked.context("the database server does not answer")?.context("the database server")
}

/// The URL of another database on the server that `server` names.
fn beside(server: &str, database: &str) -> String {
    let start = server.find("://").map_or(0, |scheme| scheme + 3);
    // A password may have a `/` in it, though it should not. The first `@` ends it for the driver, too: one in a parameter
    // has to be `%40`.
    let host = server[start..].find('@').map_or(start, |at| start + at + 1);
    let end = server[host..].find(['/', '?']).map_or(server.len(), |at| host + at);
    let parameters = server[end..].find('?').map_or("", |at| &server[end + at..]);
    format!("{}/{database}{parameters}", &server[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_beside_the_one_that_the_server_names() {
        for (server, expected) in [
            ("postgres://me:pw@db:5432/postgres", "postgres://me:pw@db:5432/desk"),
            ("postgres://me:pw@db", "postgres://me:pw@db/desk"),
            ("postgresql://db/", "postgresql://db/desk"),
            ("postgres://db?connect_timeout=3", "postgres://db/desk?connect_timeout=3"),
            ("postgres://me:p/w@db/postgres", "postgres://me:p/w@db/desk"),
            ("postgres://postgres@%2Frun%2Fpg/postgres", "postgres://postgres@%2Frun%2Fpg/desk"),
            ("postgres://me:p?w@db/postgres", "postgres://me:p?w@db/desk"),
            ("postgres:///postgres?host=/run/pg&user=me%40corp", "postgres:///desk?host=/run/pg&user=me%40corp"),
            ("postgres:///postgres?host=/run/pg&user=me", "postgres:///desk?host=/run/pg&user=me"),
        ] {
            assert_eq!(beside(server, "desk"), expected);
        }
    }
}
