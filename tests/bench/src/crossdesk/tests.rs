//! The guard, tried on shell scripts that behave as `crossdesk serve` may.

use std::os::unix::fs::PermissionsExt;

use super::*;

/// Ends on SIGTERM, as it should; the loop wakes up because a shell handles a signal only between two commands.
const GOOD: &str = "trap 'exit 0' TERM; echo starting; echo crossdesk ready http://127.0.0.1:4711/; \
    while :; do sleep 0.05; done";

fn installed(script: &str) -> (tempfile::TempDir, Installation) {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("crossdesk");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let installation = Installation { program, folder: folder.path().to_owned(), port: 4711 };
    (folder, installation)
}

fn exists(id: u32) -> bool {
    std::path::Path::new(&format!("/proc/{id}")).exists()
}

#[tokio::test]
async fn a_start_waits_for_ready_and_a_stop_ends_the_process() {
    let (_folder, installation) = installed(GOOD);
    let mut running = installation.start().await.unwrap();
    running.check().unwrap();
    let id = running.id();
    assert!(exists(id));
    running.stop().unwrap();
    assert!(!exists(id));
}

#[tokio::test]
async fn a_dropped_guard_ends_the_process() {
    let (_folder, installation) = installed(GOOD);
    let running = installation.start().await.unwrap();
    let id = running.id();
    drop(running);
    assert!(!exists(id));
}

#[tokio::test]
async fn a_program_that_ends_early_is_an_error_with_its_log() {
    let (_folder, installation) = installed("echo no such key >&2; exit 3");
    let error = installation.start().await.err().unwrap().to_string();
    assert!(error.contains("no such key"), "{error}");
}

#[tokio::test]
async fn an_answer_is_trimmed_and_a_failure_shown() {
    let (_folder, installation) =
        installed("[ $1 = token ] && echo \" $CROSSDESK__PROFILE:$3 \" || { echo bad >&2; exit 1; }");
    assert_eq!(installation.ask(&["token", "--sub", "user_1"]).await.unwrap(), "local:user_1");
    let error = installation.ask(&["doctor"]).await.unwrap_err().to_string();
    assert_eq!(error, "`crossdesk doctor` failed: bad");
}

#[tokio::test]
async fn a_postgres_that_was_left_behind_is_ended_and_a_stranger_is_not() {
    let (folder, installation) = installed("exit 1");
    let cluster = folder.path().join("data/postgres");
    fs::create_dir_all(&cluster).unwrap();
    let mut stranger = Command::new("sleep").arg("600").spawn().unwrap();
    fs::write(cluster.join("postmaster.pid"), format!("{}\n", stranger.id())).unwrap();
    drop(installation.spawn().unwrap());
    assert!(stranger.try_wait().unwrap().is_none());
    stranger.kill().unwrap();
    stranger.wait().unwrap();

    let mut left = Command::new("sleep").arg("600").current_dir(&cluster).spawn().unwrap();
    fs::write(cluster.join("postmaster.pid"), format!("{}\n", left.id())).unwrap();
    drop(installation.spawn().unwrap());
    assert!(!left.wait().unwrap().success());
}
