//! Which failures pass, which are for ever, and which are neither. PostgreSQL itself is made to fail, so that its own texts
//! are what is told apart.

use diesel_async::SimpleAsyncConnection as _;
use storage::DbError;
use testkit::TestDatabase;

const TABLES: &str = "CREATE TABLE parents (id int PRIMARY KEY); \
    CREATE TABLE things (id int PRIMARY KEY CHECK (id > 0), name varchar(3) NOT NULL, parent int REFERENCES parents); \
    INSERT INTO parents VALUES (1); INSERT INTO things VALUES (1, 'one', 1)";

async fn failure(database: &TestDatabase, statements: &str) -> DbError {
    let db = crate::db(database.url()).unwrap();
    let mut conn = db.conn().await.unwrap();
    conn.batch_execute(statements).await.expect_err(statements).into()
}

#[tokio::test]
async fn what_the_server_lacks_is_temporary() {
    let database = crate::database().await;
    database.run(TABLES).await;
    for statements in [
        // 53100: the one file of which every write says that the disk is full.
        "COPY (SELECT repeat('x', 8000) FROM generate_series(1, 100)) TO '/dev/full'",
        // 53400, 58P01, 57014, 25006.
        "SET temp_file_limit = '64kB'; SET work_mem = '64kB'; \
         SELECT count(*) FROM (SELECT i::text FROM generate_series(1, 200000) i ORDER BY i::text) numbers",
        "SELECT pg_read_file('/no/such/file')",
        // 42501.
        "SET ROLE pg_monitor; SELECT 1 FROM things",
        "SET statement_timeout = 1; SELECT pg_sleep(1)",
        "BEGIN READ ONLY; INSERT INTO parents VALUES (2)",
        "SELECT pg_terminate_backend(pg_backend_pid())",
    ] {
        let error = failure(&database, statements).await;
        assert!(error.is_temporary() && !error.is_permanent(), "{statements}: {error:?}");
    }
}

#[tokio::test]
async fn a_lock_that_somebody_else_holds_is_temporary() {
    let database = crate::database().await;
    database.run(TABLES).await;
    let db = crate::db(database.url()).unwrap();
    let mut holder = db.conn().await.unwrap();
    holder.batch_execute("BEGIN; SELECT 1 FROM things FOR UPDATE").await.unwrap();
    for statements in ["SET lock_timeout = 1; UPDATE things SET name = 'two'", "SELECT 1 FROM things FOR UPDATE NOWAIT"]
    {
        let error = failure(&database, statements).await;
        assert!(error.is_temporary() && !error.is_permanent(), "{statements}: {error:?}");
    }
    holder.batch_execute("ROLLBACK").await.unwrap();
}

#[tokio::test]
async fn broken_constraints_and_impossible_values_are_permanent() {
    let database = crate::database().await;
    database.run(TABLES).await;
    for statements in [
        "INSERT INTO things VALUES (1, 'two', 1)",
        "INSERT INTO things VALUES (2, 'two', 7)",
        "INSERT INTO things VALUES (-1, 'two', 1)",
        "INSERT INTO things VALUES (2, NULL, 1)",
        "INSERT INTO things VALUES (2, 'four', 1)",
        "INSERT INTO things VALUES (99999999999, 'two', 1)",
        "INSERT INTO things VALUES ('9999999999999', 'two', 1)",
        "INSERT INTO things VALUES ('two', 'two', 1)",
        "SELECT '{\"a\":\"\\u0000\"}'::jsonb",
        "SELECT E'\\xff'",
        "SELECT '2026-99-99'::date",
        "SELECT 1e100::numeric(3)",
        "SELECT 1 / 0",
    ] {
        let error = failure(&database, statements).await;
        assert!(error.is_permanent() && !error.is_temporary(), "{statements}: {error:?}");
    }
}

#[test]
fn a_row_that_had_to_be_there_is_missing_for_ever() {
    let error = DbError::from(diesel::result::Error::NotFound);
    assert!(error.is_permanent() && !error.is_temporary(), "{error:?}");
}

#[tokio::test]
async fn what_somebody_must_mend_is_neither() {
    let database = crate::database().await;
    database.run(TABLES).await;
    for statements in ["SELECT 1 FROM no_such_table", "SELECT no_such_column FROM things", "SELEC 1"] {
        let error = failure(&database, statements).await;
        assert!(!error.is_permanent() && !error.is_temporary(), "{statements}: {error:?}");
    }
}
