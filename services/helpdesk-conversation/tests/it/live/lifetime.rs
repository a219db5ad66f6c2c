//! How connections are kept alive, and how they end (live protocol, section 2).

use std::time::Duration;

use auth::TokenRequest;
use domain::{Clock as _, Role, Subject, SystemClock};
use testkit::{Builder, TestApp};
use tokio::time::Instant;

use super::Stage;
use super::client::Client;

fn fast() -> Builder {
    TestApp::builder()
        .setting("CROSSDESK__HELPDESK__LIVE__PING_INTERVAL_MS", "50")
        .setting("CROSSDESK__HELPDESK__LIVE__SILENCE_LIMIT_MS", "400")
}

#[tokio::test]
async fn clients_are_pinged_and_those_that_answer_stay() {
    let stage = Stage::with(fast()).await;
    let (mut client, mut events) = (stage.connect(&stage.customer).await, stage.events(&stage.customer).await);
    let until = Instant::now() + Duration::from_millis(900);
    while Instant::now() < until {
        // Reading is what answers the pings: each round is one entry.
        stage.write(&stage.customer, "x").await;
        client.entry().await;
        events.is_heard().await;
    }
    assert!(client.pings >= 5 && events.pings >= 5, "{} {}", client.pings, events.pings);
}

#[tokio::test]
async fn a_connection_on_which_nothing_arrives_is_closed_with_1011() {
    let stage = Stage::with(fast()).await;
    let (client, events) = (stage.connect(&stage.customer).await, stage.events(&stage.customer).await);
    assert_eq!(stage.open_sockets().await, 1);
    assert_eq!((client.close_code_unanswered().await, events.close_code_unanswered().await), (1011, 1011));
    testkit::eventually("the row is gone", async || (stage.open_sockets().await == 0).then_some(())).await;
}

#[tokio::test]
async fn a_connection_ends_with_its_token() {
    let stage = Stage::start().await;
    let minter = chassis::secrets::local_minter(&stage.app.context.config.data_dir).unwrap();
    let subject = Subject::try_from("user_123").unwrap();
    let request = TokenRequest { ttl: Duration::from_secs(2), ..TokenRequest::new(subject, Role::Customer) };
    let token = minter.mint(&request, SystemClock.now()).unwrap();
    let began = Instant::now();
    let (mut client, mut events) = (stage.connect(&token).await, stage.events(&token).await);
    assert_eq!((client.close_code().await, events.close_code().await), (1008, 1008));
    assert!((1..=3).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_shutdown_closes_with_1001_and_waits_for_no_socket() {
    let mut stage = Stage::start().await;
    stage.join().await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(stage.connect(&stage.customer).await);
        clients.push(stage.events(&stage.agent).await);
    }
    assert_eq!(stage.open_sockets().await, 5);
    let began = Instant::now();
    stage.app.halt().await;
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    for client in &mut clients {
        assert_eq!(client.close_code().await, 1001);
    }
    assert_eq!(stage.open_sockets().await, 0);
}

#[tokio::test]
async fn a_failure_inside_the_server_closes_with_1011() {
    let stage = Stage::start().await;
    let (mut asks, mut writes) = (stage.connect(&stage.customer).await, stage.connect(&stage.customer).await);
    stage.app.database.run("ALTER TABLE entries RENAME TO gone").await;
    asks.send_hex("01000000030002000000000014000000").await;
    writes.say(1, "lost").await;
    assert_eq!((asks.close_code().await, writes.close_code().await), (1011, 1011));
}

#[tokio::test]
async fn the_row_of_a_socket_is_refreshed_as_long_as_it_is_open() {
    let stage = Stage::with(fast()).await;
    let mut client = stage.connect(&stage.customer).await;
    stage.app.database.run("UPDATE open_sockets SET seen_at = seen_at - interval '1 hour'").await;
    let refreshed = "SELECT count(*) FROM open_sockets WHERE seen_at > now() - interval '1 minute'";
    testkit::eventually("a refreshed row", async || {
        client.nothing_waits().await;
        (stage.app.database.count(refreshed).await == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_client_that_just_goes_away_is_forgotten() {
    let stage = Stage::start().await;
    let client: Client = stage.connect(&stage.customer).await;
    assert_eq!(stage.open_sockets().await, 1);
    drop(client);
    testkit::eventually("the row is gone", async || (stage.open_sockets().await == 0).then_some(())).await;
}
