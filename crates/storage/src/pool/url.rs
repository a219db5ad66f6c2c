//! What a database's URL may say. What we would not act on is refused: a setting that is silently ignored is found out
//! on the day it was meant for.

use tokio_postgres::Config;
use tokio_postgres::config::{LoadBalanceHosts, SslMode};

use crate::DbError;

/// Reads a URL, or libpq's `name=value` form.
pub(crate) fn read(url: &str) -> Result<Config, DbError> {
    let config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
        let why = std::error::Error::source(&error).map(ToString::to_string);
        DbError::Url(why.unwrap_or_else(|| error.to_string()))
    })?;
    let refused = |why: &str| Err(DbError::Url(why.to_owned()));
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
    if config.get_ssl_mode() == SslMode::Require {
        return refused("`sslmode=require` is not supported: the connection is not encrypted");
    }
    if has_own_keepalive(&config) {
        return refused("`keepalives` and their times and `tcp_user_timeout` are not supported: ours are fixed");
    }
    Ok(config)
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
            ("sslmode=require", "sslmode"),
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
            assert!(read(settings).is_ok(), "{settings}: {:?}", read(settings).err());
        }
    }
}
