//! `crossdesk serve`: everything in one process, with a PostgreSQL of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use domain::Role;
use reqwest::Method;
use tempfile::TempDir;

use crate::program::{Served, command};
use crate::story::Instance;
use crate::{examples, live};

/// A data folder that the PostgreSQL user can reach too.
pub(crate) fn data_dir() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn settings(folder: &TempDir) -> Vec<(&'static str, String)> {
    vec![
        ("CROSSDESK__DATA_DIR", folder.path().join("data").display().to_string()),
        ("CROSSDESK__HTTP__PORT", "0".to_owned()),
        ("CROSSDESK__LOG__FILTER", "warn".to_owned()),
    ]
}

async fn own_tickets(instance: &Instance) -> usize {
    let (_, list) = instance.ask(Method::GET, "/support/tickets", ("user_123", Role::Customer), None).await;
    list["data"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_lives_through_a_restart_and_through_kill_9() {
    let folder = data_dir();
    let settings = settings(&folder);
    let data = folder.path().join("data");

    let served = Served::start(&settings);
    let instance = Instance::new(&served.url, &data);
    let id = instance.live_a_ticket().await;
    instance.desk_follows(&id).await;
    assert_eq!(served.terminate().code(), Some(0));

    let served = Served::start(&settings);
    let instance = Instance::new(&served.url, &data);
    assert_eq!(own_tickets(&instance).await, 1, "the data is found again");
    let id = instance.live_a_ticket().await;
    served.kill();

    let served = Served::start(&settings);
    let instance = Instance::new(&served.url, &data);
    assert_eq!(own_tickets(&instance).await, 2, "what was answered is kept");
    instance.desk_follows(&id).await;
    assert_eq!(served.terminate().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_commands_and_public_pages_work_on_a_running_instance() {
    let folder = data_dir();
    let settings = settings(&folder);
    let served = Served::start(&settings);
    let instance = Instance::new(&served.url, &folder.path().join("data"));
    for path in [
        "/livez",
        "/readyz",
        "/version",
        "/metrics",
        "/",
        "/docs",
        "/openapi/mobility-support.json",
        "/openapi/helpdesk-conversation.json",
        "/openapi/loan-support.json",
        "/openapi/mas-gateway.json",
        "/openapi/tour-tickets.json",
        "/openapi/attachments.json",
        "/openapi/desk.json",
        "/openapi/gateway.json",
    ] {
        assert_eq!(instance.page(path).await.0, 200, "{path}");
    }
    for path in ["/internal/v1/openapi.json", "/internal/v1/events", "/openapi/nobody.json", "/nothing"] {
        assert_eq!(instance.page(path).await.0, 404, "{path}");
    }
    for (arguments, expected) in [
        (vec!["demo", "--tickets", "12", "--url", &served.url], "12 tickets made"),
        (vec!["doctor", "--url", &served.url], "all is well"),
        (vec!["migrate", "--check"], "loan-support: up to date"),
        (vec!["events", "lag"], "loan-support: "),
        (vec!["events", "parked"], "desk: 0 parked"),
        (vec!["events", "replay"], "desk: 0 events"),
        (vec!["audit", "verify"], "loan-support"),
        (vec!["token", "--sub", "user_1", "--role", "customer"], "ey"),
    ] {
        let output = command("crossdesk", &settings).args(&arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.contains(expected), "{arguments:?}: {text} {output:?}");
    }
    let token = command("crossdesk", &settings).args(["token", "--sub", "u", "--role", "agent"]).output().unwrap();
    assert_eq!(String::from_utf8(token.stdout).unwrap().lines().count(), 1, "a token and nothing else");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_every_contract_work_word_for_word_and_the_desk_follows_every_line() {
    let folder = data_dir();
    let served = Served::start(&settings(&folder));
    let (url, data) = (served.url.clone(), folder.path().join("data"));
    let instance = Instance::new(&url, &data);
    tokio::task::spawn_blocking(move || examples::play_all(&url, &data)).await.unwrap();
    let slowest = instance.desk_shows_every_line().await;
    assert!(slowest < Duration::from_secs(1), "the desk took {slowest:?}");
    live::converse(&instance).await;
    assert_eq!(instance.mas_completes("104127993008").await, 2, "over the in-process bus, bridge and simulator");
    assert_eq!(served.terminate().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_that_is_killed_is_started_again() {
    let folder = data_dir();
    let served = Served::start(&settings(&folder));
    let data = folder.path().join("data");
    let instance = Instance::new(&served.url, &data);
    instance.live_a_ticket().await;
    let postmaster = || {
        let note = fs::read_to_string(data.join("postgres/data/postmaster.pid")).ok()?;
        // Its eighth line says when it takes connections.
        let is_ready = note.lines().nth(7).is_some_and(|status| status.trim() == "ready");
        is_ready.then(|| note.lines().next()?.parse::<i32>().ok())?
    };
    let first = postmaster().unwrap();
    let pid = rustix::process::Pid::from_raw(first).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    // Until then the old backends may still answer.
    testkit::eventually("a new PostgreSQL is there", async || postmaster().filter(|pid| *pid != first)).await;
    testkit::eventually("tickets are served again", async || {
        let (status, list) = instance.ask(Method::GET, "/support/tickets", ("user_123", Role::Customer), None).await;
        (status == 200 && list["data"].as_array().is_some_and(|tickets| tickets.len() == 1)).then_some(())
    })
    .await;
    let id = instance.live_a_ticket().await;
    instance.desk_follows(&id).await;
    assert_eq!(served.terminate().code(), Some(0));
}

#[test]
fn mistakes_are_said_in_a_sentence() {
    let folder = data_dir();
    let mut wrong = settings(&folder);
    wrong.push(("CROSSDESK__HTTP__PROT", "1".to_owned()));
    let output = command("crossdesk", &wrong).arg("serve").output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && text.contains("prot"), "{text}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut busy = settings(&folder);
    busy.push(("CROSSDESK__HTTP__PORT", taken.local_addr().unwrap().port().to_string()));
    let output = command("crossdesk", &busy).arg("serve").output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && text.contains("port"), "{text}");

    let output = command("loan-support", &[]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && text.contains("auth.service_secret"), "production assumes nothing: {text}");
}
