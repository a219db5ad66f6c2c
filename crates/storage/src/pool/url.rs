//! What a database's URL may say. What we would not act on is refused: a setting that is silently ignored is found out
//! on the day it was meant for.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, LoadBalanceHosts, SslMode, SslNegotiation};

use crate::DbError;

/// Where the server is, and how it is spoken to.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) config: Config,
    /// Unset: in the clear.
    pub(crate) tls: Option<Tls>,
}

/// Only over TLS.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    /// Whom to trust beside those the system trusts.
    pub(crate) ca_file: Option<PathBuf>,
}

/// Reads a URL, or libpq's `name=value` form.
pub(crate) fn read(url: &str) -> Result<Target, DbError> {
    let refused = |why: &str| Err(DbError::Url(why.to_owned()));
    let (url, authorities) = without_authorities(url);
    let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
        let why = std::error::Error::source(&error).map(ToString::to_string);
        DbError::Url(why.unwrap_or_else(|| error.to_string()))
    })?;
    if config.get_hosts().is_empty() {
        return refused("it names no host");
    }
    if config.get_ports().len() > 1 && config.get_ports().len() != config.get_hosts().len() {
        return refused("it must have one port for all hosts, or one for each");
    }
    if !config.get_hostaddrs().is_empty() {
        return refused("`hostaddr` is not supported; write the address as `host`");
    }
    if config.get_load_balance_hosts() != LoadBalanceHosts::Disable {
        return refused("`load_balance_hosts` is not supported: hosts are tried in their order");
    }
    if config.get_ssl_negotiation() != SslNegotiation::Postgres {
        return refused("`sslnegotiation=direct` is not supported: PostgreSQL is asked for TLS first");
    }
    if config.get_channel_binding() == ChannelBinding::Require {
        return refused("`channel_binding=require` is not supported: the server's certificate is verified instead");
    }
    if has_own_keepalive(&config) {
        return refused("`keepalives` and their times and `tcp_user_timeout` are not supported: ours are fixed");
    }
    let is_required = config.get_ssl_mode() == SslMode::Require;
    if authorities.is_some() && !is_required {
        return refused("`sslrootcert` counts only with `sslmode=require` or `verify-full`");
    }
    // The stream is encrypted before the driver gets it.
    config.ssl_mode(SslMode::Disable);
    let ca_file = authorities.and_then(Authorities::file);
    Ok(Target { config, tls: is_required.then_some(Tls { ca_file }) })
}

/// Whom `sslrootcert` says to trust.
#[derive(Debug)]
enum Authorities {
    System,
    File(PathBuf),
}

impl Authorities {
    fn file(self) -> Option<PathBuf> {
        match self {
            Self::System => None,
            Self::File(path) => Some(path),
        }
    }
}

/// The URL as the driver reads it, which knows neither `sslmode=verify-full` (that is what we make of `require`) nor
/// `sslrootcert`, and what the latter says.
fn without_authorities(url: &str) -> (String, Option<Authorities>) {
    let Some((server, query)) = url.split_once('?').filter(|_| url.contains("://")) else {
        return (url.to_owned(), None);
    };
    let (mut authorities, mut others) = (None, Vec::new());
    for setting in query.split('&') {
        match setting.split_once('=') {
            Some(("sslmode", "verify-full")) => others.push("sslmode=require"),
            Some(("sslrootcert", "system")) => authorities = Some(Authorities::System),
            Some(("sslrootcert", path)) => {
                let path = percent_decode_str(path).decode_utf8_lossy().into_owned();
                authorities = Some(Authorities::File(path.into()));
            }
            _ => others.push(setting),
        }
    }
    (format!("{server}?{}", others.join("&")), authorities)
}

fn has_own_keepalive(config: &Config) -> bool {
    let default = Config::new();
    config.get_keepalives() != default.get_keepalives()
        || config.get_keepalives_idle() != default.get_keepalives_idle()
        || config.get_keepalives_interval().is_some()
        || config.get_keepalives_retries().is_some()
        || config.get_tcp_user_timeout().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_ignored_is_refused_by_name() {
        for (setting, name) in [
            ("hostaddr=127.0.0.1", "hostaddr"),
            ("load_balance_hosts=random", "load_balance_hosts"),
            ("sslmode=verify-ca", "sslmode"),
            ("sslmode=prefer&sslrootcert=/ca.pem", "sslrootcert"),
            ("sslrootcert=/ca.pem", "sslrootcert"),
            ("sslrootcert=system", "sslrootcert"),
            ("sslmode=prefer&sslrootcert=system", "sslrootcert"),
            ("sslmode=require&channel_binding=require", "channel_binding"),
            ("sslmode=require&sslnegotiation=direct", "sslnegotiation"),
            ("sslcert=/mine.pem", "sslcert"),
            ("keepalives=0", "keepalives"),
            ("keepalives_idle=7", "keepalives"),
            ("keepalives_interval=7", "keepalives"),
            ("keepalives_retries=7", "keepalives"),
            ("tcp_user_timeout=7", "tcp_user_timeout"),
            ("port=1,2,3", "port"),
            ("patience=7", "patience"),
        ] {
            let error = read(&format!("postgres://somebody:hidden@one,two/db?{setting}")).unwrap_err();
            assert!(matches!(error, DbError::Url(_)) && !error.is_temporary(), "{setting}: {error:?}");
            let text = error.to_string();
            assert!(text.contains(name) && !text.contains("hidden"), "{setting}: {text}");
        }
        assert!(read("postgres:///db").unwrap_err().to_string().contains("no host"));
    }

    #[test]
    fn what_counts_is_taken() {
        for settings in [
            "postgres://somebody:hidden@one,two/db?target_session_attrs=read-write&connect_timeout=3",
            "postgres://somebody@one:1,two:2/db?options=-c%20search_path%3Da&sslmode=disable",
            "host=one,/run/postgresql port=5432 user=somebody dbname=db load_balance_hosts=disable keepalives=1",
        ] {
            let target = read(settings).unwrap_or_else(|error| panic!("{settings}: {error}"));
            assert!(target.tls.is_none(), "{settings}");
        }
    }

    #[test]
    fn tls_is_what_the_url_says() {
        let somewhere = "postgres://somebody:a%3Fb@one/db";
        for (url, ca_file) in [
            (format!("{somewhere}?sslmode=require"), None),
            (format!("{somewhere}?connect_timeout=3&sslmode=verify-full"), None),
            (format!("{somewhere}?sslmode=verify-full&sslrootcert=system"), None),
            (format!("{somewhere}?sslrootcert=%2Fa%20b.pem&sslmode=verify-full"), Some("/a b.pem")),
            ("host=one user=somebody dbname=db sslmode=require".to_owned(), None),
        ] {
            let target = read(&url).unwrap_or_else(|error| panic!("{url}: {error}"));
            assert_eq!(target.tls.unwrap().ca_file, ca_file.map(PathBuf::from), "{url}");
            assert_eq!((target.config.get_user(), target.config.get_dbname()), (Some("somebody"), Some("db")));
            assert!(url.starts_with("host") || target.config.get_password() == Some(b"a?b"), "{url}");
        }
    }
}
