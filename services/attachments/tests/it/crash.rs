//! The service as a program that is killed at the worst moment.

use std::collections::BTreeMap;

use domain::Role;
use testkit::{Process, TestDatabase, eventually};

use ::attachments::Attachments;

use crate::form::{content_type, form, part};

const PROGRAM: &str = env!("CARGO_BIN_EXE_attachments");

async fn service(database: &TestDatabase, folder: &std::path::Path, crash_points: &str) -> Process {
    let settings = BTreeMap::from([
        ("CROSSDESK__DATABASE__URL", database.url().to_owned()),
        ("CROSSDESK__FILES__CLEAN_EVERY_S", "1".to_owned()),
        ("FAILPOINTS", crash_points.to_owned()),
    ]);
    Process::start(PROGRAM, folder, settings).await
}

fn upload(service: &Process, content: &[u8]) -> reqwest::RequestBuilder {
    let client = reqwest::Client::builder().build().unwrap();
    client
        .post(format!("{}/files", service.url))
        .bearer_auth(service.tokens.of("user_123", Role::Customer))
        .header("content-type", content_type())
        .body(form(&[part("file", Some("n.txt"), content)]))
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_between_bytes_and_row_leaves_no_file_and_the_clean_up_takes_the_bytes() {
    let database = TestDatabase::for_service::<Attachments>().await;
    let folder = tempfile::tempdir().unwrap();
    let first = service(&database, folder.path(), "files.before_row=pause").await;
    let waiting = tokio::spawn(upload(&first, b"hello").send());
    let bytes = async || {
        let folders = std::fs::read_dir(folder.path().join("files")).into_iter().flatten().flatten();
        let files = folders.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten().flatten());
        files.filter(|file| !file.file_name().to_string_lossy().contains('#')).count()
    };
    eventually("the bytes are there", async || (bytes().await == 1).then_some(())).await;
    first.kill();
    assert!(waiting.await.unwrap().is_err(), "never acknowledged");
    assert_eq!(database.count("SELECT count(*) FROM files").await, 0);
    assert_eq!(database.count("SELECT count(*) FROM uploads").await, 1);

    database.run("UPDATE uploads SET begun_at = now() - interval '25 hours'").await;
    let _second = service(&database, folder.path(), "").await;
    eventually("the bytes are gone", async || (bytes().await == 0).then_some(())).await;
    eventually("the row is gone", async || (database.count("SELECT count(*) FROM uploads").await == 0).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledged_file_survives_kill_9() {
    let database = TestDatabase::for_service::<Attachments>().await;
    let folder = tempfile::tempdir().unwrap();
    let first = service(&database, folder.path(), "").await;
    let content = vec![b'x'; 6 * 1024 * 1024];
    let answer = upload(&first, &content).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let path = answer.headers()["location"].to_str().unwrap().rsplit('/').next().unwrap().to_owned();
    first.kill();
    let second = service(&database, folder.path(), "").await;
    let client = reqwest::Client::builder().build().unwrap();
    let request = client.get(format!("{}/files/{path}", second.url));
    let read = request.bearer_auth(second.tokens.of("user_123", Role::Customer)).send().await.unwrap();
    assert!(read.bytes().await.unwrap() == content);
}
