//! Every entry, once, in order, on every socket (live protocol, sections 2 and 4).

use testkit::TestApp;

use super::Stage;
use super::client::Client;

/// Reads so many entries; their ids.
async fn entries(client: &mut Client, count: usize) -> Vec<i32> {
    let mut ids = Vec::new();
    while ids.len() < count {
        let (cookie, id, _) = client.entry().await;
        assert_eq!(cookie, 0x8000_8001 + u32::try_from(ids.len()).unwrap(), "cookies count up");
        ids.push(id);
    }
    ids
}

#[tokio::test]
async fn the_sender_gets_the_answer_first_and_then_the_message_like_everybody() {
    let stage = Stage::start().await;
    stage.join().await;
    let mut sender = stage.connect(&stage.customer).await;
    let (mut same_user, mut agent) = (stage.connect(&stage.customer).await, stage.connect(&stage.agent).await);
    for round in 0..20_u32 {
        sender.say(round, "Hello").await;
        let id = sender.received(round).await;
        let expected = (0x8000_8001 + round, id, "Hello".to_owned());
        assert_eq!(sender.entry().await, expected);
        assert_eq!(same_user.entry().await, expected);
        assert_eq!(agent.entry().await, expected);
    }
}

#[tokio::test]
async fn entries_from_before_the_connection_are_not_sent() {
    let stage = Stage::start().await;
    stage.write(&stage.customer, "before").await;
    let mut client = stage.connect(&stage.customer).await;
    client.nothing_waits().await;
    let id = stage.write(&stage.customer, "after").await;
    assert_eq!(client.entry().await, (0x8000_8001, id, "after".to_owned()));
    client.nothing_waits().await;
}

#[tokio::test]
async fn joining_is_told_to_those_who_are_connected_and_only_the_first_time() {
    let stage = Stage::start().await;
    let mut client = stage.connect(&stage.customer).await;
    stage.join().await;
    stage.join().await;
    let number = stage.number(&stage.agent).await;
    assert_eq!(client.entry().await.2, format!("joined [{number}]"));
    client.nothing_waits().await;
}

#[tokio::test]
async fn other_conversations_are_not_heard() {
    let mut stage = Stage::start().await;
    let mut client = stage.connect(&stage.customer).await;
    let ticket = serde_json::json!({"title": "another"});
    stage.ticket = stage.app.post("/api/v1/support/tickets", &stage.customer, ticket).await.body;
    let mut other = stage.connect(&stage.customer).await;
    stage.write(&stage.customer, "there").await;
    other.entry().await;
    client.nothing_waits().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_doubled_or_out_of_order_however_many_write() {
    let stage = Stage::with(TestApp::builder().setting("CROSSDESK__HTTP__WORKERS", "2")).await;
    stage.join().await;
    let mut readers = Vec::new();
    for token in [&stage.customer, &stage.agent, &stage.agent] {
        readers.push(stage.connect(token).await);
    }
    let (mut one, mut two) = (stage.connect(&stage.customer).await, stage.connect(&stage.agent).await);
    let over_sockets = async |client: &mut Client| {
        for cookie in 0..40 {
            client.say(cookie, "socket").await;
        }
    };
    let over_http = async || {
        for _ in 0..40 {
            stage.write(&stage.customer, "http").await;
        }
    };
    tokio::join!(over_sockets(&mut one), over_sockets(&mut two), over_http());
    let first = entries(&mut readers[0], 120).await;
    assert!(first.is_sorted_by(|one, two| one < two), "{first:?}");
    for reader in &mut readers[1..] {
        assert_eq!(entries(reader, 120).await, first);
        reader.nothing_waits().await;
    }
    assert_eq!(stage.app.database.count("SELECT count(*) FROM entries WHERE author IS NOT NULL").await, 120);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_connects_in_the_middle_gets_all_that_is_stored_after_it() {
    let stage = Stage::start().await;
    let writing = async {
        let mut ids = Vec::new();
        for _ in 0..60 {
            ids.push(stage.write(&stage.customer, "x").await);
        }
        ids
    };
    let connecting = async {
        let mut clients = Vec::new();
        for _ in 0..10 {
            clients.push(stage.connect(&stage.customer).await);
        }
        clients
    };
    let (ids, clients) = tokio::join!(writing, connecting);
    for mut client in clients {
        let mut last = stage.write(&stage.customer, "end").await;
        let (_, first, _) = client.entry().await;
        let mut seen = vec![first];
        while seen.last() != Some(&last) {
            seen.push(client.entry().await.1);
        }
        let (newest, _) = client.history(0, 128, 0).await;
        let from = newest.iter().position(|id| *id == first).unwrap();
        assert_eq!(seen, newest[from..], "no gap and nothing twice");
        last = *ids.last().unwrap();
        assert!(seen.contains(&last) || first > last);
    }
}
