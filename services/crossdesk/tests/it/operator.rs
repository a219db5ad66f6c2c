//! The operator's commands in production: databases that are not there, that are broken, and that each have a URL.

use std::fs;
use std::process::Stdio;

use desk::Desk;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use loan_support::LoanSupport;
use localpg::{Cluster, Options};
use storage::migrate::exists;
use tempfile::TempDir;
use testkit::TestDatabase;

use crate::one_process::data_dir;
use crate::program::command;

/// What a command said, and its exit code.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

fn say(settings: &[(&str, String)], arguments: &[&str]) -> Said {
    let output = command("crossdesk", settings).args(arguments).output().unwrap();
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn production(folder: &TempDir) -> Vec<(&'static str, String)> {
    vec![
        ("CROSSDESK__PROFILE", "production".to_owned()),
        ("CROSSDESK__DATA_DIR", folder.path().join("data").display().to_string()),
    ]
}

async fn run(url: &str, statement: &str) {
    AsyncPgConnection::establish(url).await.unwrap().batch_execute(statement).await.unwrap();
}

const FLOW: [&[&str]; 4] = [&["events", "lag"], &["events", "parked"], &["events", "replay"], &["audit", "verify"]];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_or_broken_in_one_database_keeps_nobody_from_the_others() {
    let folder = data_dir();
    let options = Options { dir: folder.path().join("postgres"), durable: false, max_connections: 50 };
    let cluster = Cluster::start(options).await.unwrap();
    let server = cluster.url("postgres");
    let mut settings = production(&folder);
    settings.push(("CROSSDESK__DATABASE__URL", server.clone()));

    let migrated = say(&settings, &["migrate"]);
    assert_eq!(migrated.code, Some(0), "{}", migrated.err);
    assert!(migrated.out.contains("desk: ") && !migrated.out.contains("mas-simulator"), "{}", migrated.out);
    assert!(!exists(&server, "crossdesk_mas_simulator").await.unwrap(), "production has no stand-in for MAS");
    run(&server, "DROP DATABASE crossdesk_attachments").await;

    for arguments in FLOW {
        let said = say(&settings, arguments);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{arguments:?}");
        for service in ["mobility-support: ", "mas-bridge: ", "tour-tickets: ", "desk: "] {
            assert!(said.out.contains(service), "{arguments:?} leaves out {service}: {}", said.out);
        }
        let skipped = "attachments: skipped, the server has no database crossdesk_attachments";
        assert!(said.out.contains(skipped) && !said.out.contains("mas-simulator"), "{arguments:?}: {}", said.out);
    }
    let doctor = say(&settings, &["doctor", "--url", "http://127.0.0.1:1"]);
    assert!(doctor.out.contains("none   database of attachments: "), "{}", doctor.out);
    assert!(
        doctor.out.contains("ok     database of desk: ") && !doctor.out.contains("WRONG  database"),
        "{}",
        doctor.out
    );
    let named = say(&settings, &["audit", "verify", "--service", "attachments"]);
    assert_eq!((named.code, named.out.as_str()), (Some(1), ""), "who names it wants it checked");
    assert_eq!(say(&settings, &["migrate", "--check"]).code, Some(1), "a database is missing");

    run(&cluster.url("crossdesk_mobility_support"), "DROP TABLE ticket_events, parked_events, audit_log CASCADE").await;
    for arguments in FLOW {
        let said = say(&settings, arguments);
        assert_eq!(said.code, Some(1), "{arguments:?}: {}", said.out);
        assert!(said.out.contains("desk: "), "{arguments:?} goes on: {}", said.out);
        let lines: Vec<&str> = said.err.lines().collect();
        assert!(lines.len() == 2 && lines[0].starts_with("mobility-support: "), "{arguments:?}: {}", said.err);
        assert_eq!(lines[1], "crossdesk: 1 of 7 databases failed: mobility-support");
    }
    cluster.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_wait_for_the_broker_are_part_of_the_lag() {
    let database = TestDatabase::for_service::<mas_gateway::MasGateway>().await;
    let statement = "INSERT INTO outgoing_messages (message_id, exchange, routing_key, kind, content_type, headers, \
                     sent_at, published_at) SELECT gen_random_uuid(), 'mas.commands', 'resume-request', 'k', 't', '[]', \
                     now() - interval '100 s', CASE WHEN number > 2 THEN now() END FROM generate_series(1, 5) AS number";
    database.run(statement).await;
    let folder = data_dir();
    let mut settings = production(&folder);
    settings.push(("CROSSDESK__DATABASES__MAS_GATEWAY", database.url().to_owned()));
    let said = say(&settings, &["events", "lag"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{}", said.out);
    assert!(said.out.contains("mas-gateway: 0 events wait"), "{}", said.out);
    assert!(said.out.contains("mas-gateway: 2 messages wait, the oldest for 10"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_service_may_have_a_url_of_its_own_from_a_file_of_its_own() {
    let (loan, desk) = (TestDatabase::for_service::<LoanSupport>().await, TestDatabase::for_service::<Desk>().await);
    let folder = data_dir();
    let secret = folder.path().join("loan-database-url");
    fs::write(&secret, format!("{}\n", loan.url())).unwrap();
    let mut settings = production(&folder);
    settings.push(("CROSSDESK__DATABASES__LOAN_SUPPORT_FILE", secret.display().to_string()));
    settings.push(("CROSSDESK__DATABASES__DESK", desk.url().to_owned()));
    for arguments in FLOW {
        let said = say(&settings, arguments);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(said.out.contains("loan-support: 0") || said.out.contains("loan-support: whole"), "{}", said.out);
        assert!(said.out.contains("desk: 0") || said.out.contains("desk: whole"), "{}", said.out);
        assert!(said.out.contains("tour-tickets: skipped, databases.tour_tickets is not set"), "{}", said.out);
    }
    let checked = say(&settings, &["migrate", "--check"]);
    assert_eq!(checked.code, Some(0), "{}{}", checked.out, checked.err);
    assert_eq!(say(&settings, &["database-url", "desk"]).out.trim(), desk.url());

    // A URL that is set must work, also if the database does not exist.
    let lost = desk.url().replace("/test_", "/lost_");
    settings.push(("CROSSDESK__DATABASES__MAS_GATEWAY", lost));
    let said = say(&settings, &["audit", "verify"]);
    assert_eq!(said.code, Some(1), "{}", said.out);
    assert!(said.err.contains("mas-gateway: ") && said.err.contains("does not exist"), "{}", said.err);
    assert!(said.out.contains("desk: whole"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_of_operators_are_said_in_one_line() {
    let folder = data_dir();
    let secret = folder.path().join("secret");
    fs::write(&secret, "hush-hush-7431").unwrap();
    let secret = secret.display().to_string();
    let base = production(&folder);
    // Nobody listens on port 1.
    let nowhere = "postgres://me:hush-hush-7431@127.0.0.1:1/postgres".to_owned();
    for (setting, value, arguments, told) in [
        ("CROSSDESK__DATABASE__URL_FILE", "/no/such/file".to_owned(), FLOW[0], "CROSSDESK__DATABASE__URL_FILE"),
        ("CROSSDESK__DATABASE__URL_FILE", secret.clone(), FLOW[0], "database.url"),
        ("CROSSDESK__DATABASES__DESK_FILE", "/no/such/file".to_owned(), FLOW[3], "CROSSDESK__DATABASES__DESK_FILE"),
        ("CROSSDESK__DATABASES__DESK_FILE", secret, FLOW[3], "databases.desk"),
        ("CROSSDESK__DATABASES__NOBODY", nowhere.clone(), FLOW[3], "databases.nobody"),
        ("CROSSDESK__DATABASES", "5".to_owned(), FLOW[3], "databases"),
        ("CROSSDESK__DATABASE__URL", nowhere.clone(), FLOW[0], "database server"),
        ("CROSSDESK__DATABASE__URL", nowhere.clone(), FLOW[3], "database server"),
        ("CROSSDESK__LOG__FILTER", "info".to_owned(), FLOW[0], "CROSSDESK__DATABASE__URL"),
        ("CROSSDESK__LOG__FILTER", "info".to_owned(), &["database-url", "nobody"], "no service `nobody`"),
        ("CROSSDESK__DATABASE__URL", nowhere.clone(), &["database-url", "gateway"], "no service `gateway`"),
        (
            "CROSSDESK__DATABASE__URL",
            nowhere.clone(),
            &["audit", "verify", "--service", "mas-simulator"],
            "mas-simulator",
        ),
        ("CROSSDESK__DATABASE__URL", nowhere.clone(), &["audit", "verify", "--service", ""], "no service"),
        ("CROSSDESK__DATABASE__URL", nowhere.clone(), &["migrate", "--check"], "database server"),
        ("CROSSDESK__DATABASE__URL", nowhere, &["migrate"], "database server"),
    ] {
        let mut settings = base.clone();
        settings.push((setting, value));
        let said = say(&settings, arguments);
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{setting} {arguments:?}: {}", said.err);
        assert!(said.err.contains(told) && said.err.lines().count() == 1, "{setting} {arguments:?}: {}", said.err);
        assert!(!said.err.contains("hush-hush"), "the secret stays a secret: {}", said.err);
    }
    for arguments in [&["audit"][..], &["events", "mend"], &["audit", "verify", "--noted", "1:2"], &["serve", "now"]] {
        assert_eq!(say(&base, arguments).code, Some(2), "{arguments:?}");
    }
    for arguments in [&["doctor", "--url", "nonsense"][..], &["demo", "--url", "127.0.0.1:8080"]] {
        assert_eq!(say(&base, arguments).code, Some(2), "{arguments:?}");
    }
    assert!(say(&base, &["demo"]).err.contains("local profile only"), "no sample tickets in production");
}

#[test]
fn a_reader_that_stops_reading_is_no_failure_and_a_full_disk_is_one() {
    let folder = data_dir();
    let token = |out: Stdio| {
        let settings = [("CROSSDESK__DATA_DIR", folder.path().join("data").display().to_string())];
        let mut running = command("crossdesk", &settings);
        running.args(["token", "--sub", "u", "--role", "agent"]).stdout(out).stderr(Stdio::piped());
        let output = running.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(token(Stdio::from(writer)), (Some(0), String::new()));
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(token(Stdio::from(full)), (Some(1), "crossdesk: standard output cannot be written\n".to_owned()));
}
