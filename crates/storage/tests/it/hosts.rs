//! URLs with several hosts, and which of them is taken.

use diesel_async::SimpleAsyncConnection as _;
use storage::{DbError, migrate};
use testkit::TestDatabase;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

/// What a first host does with whoever connects to it.
#[derive(Debug, Clone, Copy)]
enum First {
    HangsUp,
    IsSilent,
    IsNoDatabase,
    /// What a server says while it starts.
    Refuses,
}

/// The port of a host that takes connections and is of no use.
async fn useless_host(first: First) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer: &[u8] = match first {
                First::HangsUp => continue,
                First::IsSilent => b"",
                First::IsNoDatabase => b"HTTP/1.1 400 Bad Request\r\n\r\n",
                First::Refuses => b"E\0\0\0\x35SFATAL\0VFATAL\0C57P03\0Mthe database is starting up\0\0",
            };
            stream.write_all(answer).await.unwrap();
            kept.push(stream);
        }
    });
    port
}

fn url_of(database: &TestDatabase, hosts: &str, ports: &str, more: &str) -> String {
    let config: tokio_postgres::Config = database.url().parse().unwrap();
    let (user, name) = (config.get_user().unwrap(), config.get_dbname().unwrap());
    format!("host={hosts} port={ports} user={user} dbname={name} {more}")
}

#[tokio::test]
async fn a_host_that_takes_the_connection_and_gives_no_session_is_passed_over() {
    let database = crate::database().await;
    let (host, port) = crate::host_and_port(database.url());
    for first in [First::HangsUp, First::IsSilent, First::IsNoDatabase, First::Refuses] {
        let useless = useless_host(first).await;
        let url = url_of(&database, &format!("127.0.0.1,{host}"), &format!("{useless},{port}"), "");
        let db = crate::db(&url).unwrap();
        let mut conn = db.conn().await.unwrap_or_else(|error| panic!("{first:?}: {error}"));
        conn.batch_execute("SELECT 1").await.unwrap();
        let pending = migrate::is_pending(&url, vec![migrate::MIGRATIONS]).await;
        assert!(matches!(pending, Ok(false)), "{first:?}: {pending:?}");
    }
}

#[tokio::test]
async fn a_host_that_cannot_be_found_is_passed_over_and_the_last_reason_is_told() {
    let database = crate::database().await;
    let (host, port) = crate::host_and_port(database.url());
    let url = url_of(&database, &format!("/no/such/folder,{host}"), &port.to_string(), "");
    assert!(crate::db(&url).unwrap().conn().await.is_ok());
    let url = url_of(&database, &host, &port.to_string(), "").replace("dbname=", "dbname=no_");
    let error = crate::db(&url).unwrap().conn().await.err().unwrap();
    assert!(error.is_temporary() && error.to_string().contains("does not exist"), "{error}");
}

#[tokio::test]
async fn a_server_is_taken_only_if_it_takes_writes_as_wanted() {
    let database = crate::database().await;
    let (host, port) = crate::host_and_port(database.url());
    let wants = |what: &str| {
        let settings = format!("target_session_attrs={what}");
        crate::db(&url_of(&database, &host, &port.to_string(), &settings)).unwrap()
    };
    for (wanted, is_good) in [("any", true), ("read-write", true), ("read-only", false)] {
        assert_eq!(wants(wanted).conn().await.is_ok(), is_good, "{wanted}");
    }
    let config: tokio_postgres::Config = database.url().parse().unwrap();
    let name = config.get_dbname().unwrap();
    database.run(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on")).await;
    for (wanted, is_good) in [("any", true), ("read-write", false), ("read-only", true)] {
        assert_eq!(wants(wanted).conn().await.is_ok(), is_good, "{wanted}");
    }
}

#[tokio::test]
async fn options_of_the_url_count_and_our_limits_count_more() {
    let database = crate::database().await;
    let (host, port) = crate::host_and_port(database.url());
    let more = "options='-c search_path=pg_catalog -c statement_timeout=0'";
    let db = crate::db(&url_of(&database, &host, &port.to_string(), more)).unwrap();
    let check = "DO $$ BEGIN ASSERT current_setting('search_path') = 'pg_catalog'; \
                 ASSERT current_setting('statement_timeout') = '20s'; END $$";
    db.conn().await.unwrap().batch_execute(check).await.unwrap();
}

#[tokio::test]
async fn what_would_be_ignored_is_refused_before_anything_is_tried() {
    let url = "postgres://postgres@127.0.0.1:1/db?hostaddr=127.0.0.1";
    assert!(matches!(crate::db(url), Err(DbError::Url(why)) if why.contains("hostaddr")));
    let error = migrate::is_pending(url, vec![migrate::MIGRATIONS]).await.unwrap_err().to_string();
    assert!(error.contains("hostaddr"), "{error}");
}
