//! Uploads that came to no end are removed; files never.

use domain::{Clock as _, Role, SystemClock};
use testkit::{TestApp, eventually};

use ::attachments::Attachments;

use crate::form::{form, part, request, uploaded};

/// Leaves what a process that was killed leaves: the row of an upload, and bytes.
async fn leave_behind(app: &TestApp, age: &str, name: impl Fn(&str) -> String) -> std::path::PathBuf {
    let id = SystemClock.new_id();
    let hex = id.simple().to_string();
    let folder = app.context.config.data_dir.join("files").join(&hex[30..]);
    let path = folder.join(name(&hex));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, b"half").unwrap();
    app.database.run(&format!("INSERT INTO uploads VALUES ('{id}', now() - interval '{age}')")).await;
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn old_uploads_are_removed_and_young_ones_and_files_stay() {
    let app = TestApp::builder().setting("CROSSDESK__FILES__CLEAN_EVERY_S", "1").start::<Attachments>().await;
    let token = app.token("u", Role::Customer);
    let file = uploaded(&app, &token, b"hello").await;
    app.database.run("UPDATE files SET uploaded_at = now() - interval '1 year'").await;
    let young = leave_behind(&app, "23 hours", str::to_owned).await;
    let complete = leave_behind(&app, "25 hours", str::to_owned).await;
    let unfinished = leave_behind(&app, "25 hours", |hex| format!("{hex}#1")).await;
    eventually("the old uploads are gone", async || {
        (app.database.count("SELECT count(*) FROM uploads").await == 1).then_some(())
    })
    .await;
    assert!(!complete.exists() && !unfinished.exists());
    assert!(young.exists());
    assert_eq!(app.get(&file, &token).await.text, "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_uploads_than_fit_one_batch_are_removed_at_once() {
    let app = TestApp::builder().setting("CROSSDESK__FILES__CLEAN_EVERY_S", "1").start::<Attachments>().await;
    app.database
        .run("INSERT INTO uploads SELECT gen_random_uuid(), now() - interval '2 days' FROM generate_series(1, 250)")
        .await;
    eventually("all are gone", async || (app.database.count("SELECT count(*) FROM uploads").await == 0).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_cannot_be_removed_are_in_nobody_s_way() {
    let app = TestApp::builder().setting("CROSSDESK__FILES__CLEAN_EVERY_S", "1").start::<Attachments>().await;
    // More than one batch of them, older than the good one and before it by their ids. A folder with something in it cannot
    // be removed as a file.
    for _ in 0..101 {
        assert!(leave_behind(&app, "1 hour", |hex| format!("{hex}/inside")).await.exists());
    }
    let good = leave_behind(&app, "25 hours", str::to_owned).await;
    app.database
        .run("UPDATE uploads SET begun_at = begun_at - interval '2 days' WHERE begun_at > now() - interval '2 hours'")
        .await;
    eventually("the good one is gone, and the others are still known", async || {
        let rows = "SELECT count(*) FROM uploads WHERE abandoned";
        (!good.exists() && app.database.count(rows).await == 101).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_the_clean_up_has_taken_never_becomes_a_file() {
    let app = TestApp::builder()
        .setting("CROSSDESK__FILES__CLEAN_EVERY_S", "1")
        .setting("CROSSDESK__FILES__ORPHAN_AFTER_S", "0")
        .start::<Attachments>()
        .await;
    let token = app.token("u", Role::Customer);
    let whole = form(&[part("file", Some("n.txt"), &vec![b'x'; 100_000])]);
    let (first, second) = (whole[..50_000].to_vec(), whole[50_000..].to_vec());
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let pieces = futures_util::stream::unfold(receiver, async |mut pieces| Some((pieces.recv().await?, pieces)));
    let answer = tokio::spawn(request(&app, &token, Vec::new()).body(reqwest::Body::wrap_stream(pieces)).send());
    sender.send(Ok::<_, std::io::Error>(first)).await.unwrap();
    eventually("the upload has begun and was given up", async || {
        let begun = app.database.count("SELECT count(*) FROM ticket_events").await == 0
            && std::fs::read_dir(app.context.config.data_dir.join("files")).is_ok();
        let given_up =
            app.database.count("SELECT n_tup_del AS count FROM pg_stat_user_tables WHERE relname = 'uploads'");
        (begun && given_up.await > 0).then_some(())
    })
    .await;
    sender.send(Ok(second)).await.unwrap();
    drop(sender);
    assert_eq!(answer.await.unwrap().unwrap().status(), 503, "not acknowledged");
    assert_eq!(app.database.count("SELECT count(*) FROM files").await, 0);
}
