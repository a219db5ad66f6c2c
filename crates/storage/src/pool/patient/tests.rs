//! What a server owes, with a server that is a pipe.

use std::sync::atomic::{AtomicBool, Ordering};

use diesel::sql_types::Integer;
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::timeout;

use super::*;

const PATIENCE: Duration = Duration::from_millis(200);
/// Longer than a failure takes.
const LONG: Duration = Duration::from_secs(10);
const STARTUP_MESSAGE: &[u8] = b"\0\0\0\x08\0\x03\0\0";
const READY: &[u8] = b"Z\0\0\0\x05I";
const QUERY: &[u8] = b"Q\0\0\0\x0dSELECT 1\0";
const ROW: &[u8] = b"D\0\0\0\x0b\0\x01\0\0\0\x011";

/// A client whose session has begun, and the server's side.
async fn session() -> (Patient<DuplexStream>, DuplexStream) {
    let (client, mut server) = duplex(1024);
    let mut client = Patient::new(client, Some(PATIENCE));
    client.write_all(STARTUP_MESSAGE).await.unwrap();
    server.write_all(READY).await.unwrap();
    read(&mut client, READY).await;
    (client, server)
}

async fn read(client: &mut Patient<DuplexStream>, wanted: &[u8]) {
    let mut bytes = vec![0; wanted.len()];
    client.read_exact(&mut bytes).await.unwrap();
    assert_eq!(bytes, wanted);
}

async fn gives_up(client: &mut Patient<DuplexStream>) {
    let began = Instant::now();
    let read = timeout(LONG, client.read_u8()).await.expect("it waits for ever");
    assert_eq!(read.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert!(began.elapsed() >= PATIENCE / 2, "{:?}", began.elapsed());
}

async fn waits(client: &mut Patient<DuplexStream>) {
    assert!(timeout(PATIENCE * 3, client.read_u8()).await.is_err(), "nobody is late");
}

#[tokio::test]
async fn what_is_not_answered_in_time_fails() {
    let (mut client, _server) = session().await;
    client.write_all(QUERY).await.unwrap();
    gives_up(&mut client).await;
}

#[tokio::test]
async fn a_startup_that_is_not_answered_fails() {
    let (client, _server) = duplex(1024);
    let mut client = Patient::new(client, Some(PATIENCE));
    client.write_all(STARTUP_MESSAGE).await.unwrap();
    gives_up(&mut client).await;
}

#[tokio::test]
async fn silence_while_nothing_is_asked_is_no_failure() {
    let (mut client, mut server) = session().await;
    waits(&mut client).await;
    client.write_all(QUERY).await.unwrap();
    server.write_all(&[ROW, READY].concat()).await.unwrap();
    read(&mut client, &[ROW, READY].concat()).await;
    waits(&mut client).await;
    // And patience is whole again.
    client.write_all(QUERY).await.unwrap();
    gives_up(&mut client).await;
}

#[tokio::test]
async fn an_answer_that_stops_half_way_fails() {
    for half in [&ROW[..1], ROW, &[ROW, &READY[..5]].concat()] {
        let (mut client, mut server) = session().await;
        client.write_all(QUERY).await.unwrap();
        server.write_all(half).await.unwrap();
        read(&mut client, half).await;
        gives_up(&mut client).await;
    }
}

#[tokio::test]
async fn an_answer_that_comes_slowly_is_waited_for() {
    let (mut client, mut server) = session().await;
    client.write_all(QUERY).await.unwrap();
    let answer: Vec<u8> = [ROW.repeat(2), READY.to_vec()].concat();
    let slow = async {
        for byte in &answer {
            // The server is slow: this is no wait for something to happen.
            sleep(PATIENCE / 10).await;
            server.write_all(&[*byte]).await.unwrap();
        }
    };
    tokio::join!(read(&mut client, &answer), slow);
    waits(&mut client).await;
}

#[tokio::test]
async fn of_two_questions_the_second_needs_an_answer_too() {
    let (mut client, mut server) = session().await;
    client.write_all(&[QUERY, QUERY].concat()).await.unwrap();
    server.write_all(READY).await.unwrap();
    read(&mut client, READY).await;
    gives_up(&mut client).await;
}

#[tokio::test]
async fn a_server_that_stops_reading_fails() {
    let (mut client, _server) = session().await;
    let long = [b"Q\0\0\x10\0".to_vec(), vec![b'x'; 4092]].concat();
    assert!(timeout(PATIENCE / 10, client.write_all(&long)).await.is_err(), "the pipe holds less");
    gives_up(&mut client).await;
}

#[tokio::test]
async fn a_password_asks_for_no_answer_of_its_own() {
    let (client, mut server) = duplex(1024);
    let mut client = Patient::new(client, Some(PATIENCE));
    client.write_all(STARTUP_MESSAGE).await.unwrap();
    client.write_all(b"p\0\0\0\x07ab\0").await.unwrap();
    server.write_all(READY).await.unwrap();
    read(&mut client, READY).await;
    waits(&mut client).await;
}

/// What the driver really sends and PostgreSQL really answers: statements that are prepared, fail, come in one, are dropped.
#[tokio::test]
async fn a_session_with_postgresql_owes_nothing_when_it_rests_and_fails_when_it_is_late() {
    let patience = Duration::from_secs(1);
    let database = testkit::TestDatabase::with("storage", vec![crate::migrate::MIGRATIONS]).await;
    let target = crate::pool::url::read(database.url()).unwrap();
    let session = crate::pool::dial::dial(&target, Some(patience)).await.unwrap();
    let mut conn = AsyncPgConnection::try_from(session.client).await.unwrap();
    for number in 0..3 {
        let rows = crate::sql("SELECT 1 WHERE $1 >= 0").bind::<Integer, _>(number).execute(&mut conn).await;
        assert_eq!(rows, Ok(1));
        conn.batch_execute("BEGIN; SELECT 1; COMMIT").await.unwrap();
        conn.batch_execute("SELECT 1 FROM nowhere").await.unwrap_err();
        crate::sql("SELECT 1 / (1 - $1)").bind::<Integer, _>(1).execute(&mut conn).await.unwrap_err();
    }
    // Nothing is to happen, for longer than patience lasts.
    sleep(patience * 2).await;
    assert!(!AtomicBool::load(&session.ended, Ordering::Acquire), "silence at rest is no failure");
    conn.batch_execute("SELECT 1").await.unwrap();
    conn.batch_execute("SELECT pg_sleep(20)").await.unwrap_err();
    assert!(AtomicBool::load(&session.ended, Ordering::Acquire));
}
