//! What a service sees of its server's settings.

use storage::server::settings;

#[tokio::test]
async fn a_database_that_loses_writes_or_speaks_another_language_is_seen() {
    let database = crate::database().await;
    let config: tokio_postgres::Config = database.url().parse().unwrap();
    let name = config.get_dbname().unwrap();
    let set = async |what: &str| {
        database.run(&format!("ALTER DATABASE {name} SET {what}")).await;
        settings(database.url()).await.unwrap()
    };
    let safe = set("synchronous_commit = on").await;
    // The server of the tests may be one that is fast.
    assert!(safe.loses_writes().is_none_or(|why| why.contains("fsync")), "{safe:?}");
    let late = set("synchronous_commit = off").await;
    assert!(late.loses_writes().is_some(), "{late:?}");
    assert!(!late.warnings().iter().any(|warning| warning.contains("lc_messages")), "{late:?}");
}
