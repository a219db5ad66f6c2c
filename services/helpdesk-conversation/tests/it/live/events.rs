//! Notifications as they come (contract, section 9).

use domain::Role;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message as Frame;

use super::Stage;
use super::client::Client;

async fn event(client: &mut Client) -> Value {
    serde_json::from_str(&client.text().await).unwrap()
}

/// Everything but the time, which must be one.
fn known(mut event: Value) -> Value {
    let timestamp = event.as_object_mut().unwrap().remove("timestamp").unwrap();
    let timestamp = timestamp.as_str().unwrap();
    assert!(timestamp.len() == "2019-10-02T07:07:00.000000Z".len() && timestamp.ends_with('Z'), "{timestamp}");
    event
}

#[tokio::test]
async fn new_tickets_are_told_to_connected_support_and_older_ones_are_not_replayed() {
    let stage = Stage::start().await;
    stage.number(&stage.agent).await;
    stage.app.post("/api/v1/support/tickets", &stage.customer, json!({"title": "before"})).await;
    let (mut one, mut two) = (stage.events(&stage.agent).await, stage.events(&stage.agent).await);
    let mut customer = stage.events(&stage.customer).await;
    stage.app.post("/api/v1/support/tickets", &stage.customer, json!({"title": "after"})).await;
    let listed = stage.app.get("/api/v1/notifications", &stage.agent).await.body;
    let expected = json!({"id": listed[0]["id"], "kind": "new-support-ticket", "author": 1, "ticket": 3});
    let told = event(&mut one).await;
    assert_eq!(told, listed[0], "as the list shows it");
    assert_eq!(known(told), expected);
    assert_eq!(known(event(&mut two).await), expected);
    customer.is_heard().await;
}

#[tokio::test]
async fn messages_are_told_to_members_who_are_not_connected_to_the_conversation() {
    let stage = Stage::start().await;
    stage.join().await;
    let (mut customer, mut agent) = (stage.events(&stage.customer).await, stage.events(&stage.agent).await);
    let socket = stage.connect(&stage.customer).await;
    let message = stage.write(&stage.customer, "one").await;
    let told = known(event(&mut agent).await);
    let expected = json!({"id": told["id"], "kind": "new-message", "conversation": 1, "author": 1, "message": message});
    assert_eq!(told, expected);
    stage.write(&stage.agent, "seen on the socket").await;
    customer.is_heard().await;
    drop(socket);
    testkit::eventually("the socket is gone", async || (stage.open_sockets().await == 0).then_some(())).await;
    let message = stage.write(&stage.agent, "missed").await;
    assert_eq!(event(&mut customer).await["message"], json!(message));
}

#[tokio::test]
async fn a_mention_is_told_also_to_members_who_are_connected() {
    let stage = Stage::start().await;
    stage.join().await;
    let number = u8::try_from(stage.number(&stage.agent).await).unwrap();
    let mut events = stage.events(&stage.agent).await;
    let (mut agent, mut customer) = (stage.connect(&stage.agent).await, stage.connect(&stage.customer).await);
    let message = conversation::wire::client::send_message(1, &[0, 5, 1, 3, 6, 1, number]);
    customer.send_bytes(message).await;
    let id = customer.received(1).await;
    assert_eq!(agent.entry().await.1, id);
    assert_eq!(event(&mut events).await["message"], json!(id));
}

#[tokio::test]
async fn what_clients_say_is_ignored() {
    let stage = Stage::start().await;
    stage.number(&stage.agent).await;
    let mut agent = stage.events(&stage.agent).await;
    agent.send(Frame::Text("hello".into())).await;
    agent.send(Frame::Binary(vec![0; 100_000].into())).await;
    agent.is_heard().await;
    stage.app.post("/api/v1/support/tickets", &stage.customer, json!({"title": ""})).await;
    assert_eq!(event(&mut agent).await["kind"], json!("new-support-ticket"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_notification_is_told_once_however_many_come_at_a_time() {
    let stage = Stage::start().await;
    stage.number(&stage.agent).await;
    let mut agent = stage.events(&stage.agent).await;
    let tokens: Vec<String> = (0..4).map(|n| stage.app.token(&format!("user {n}"), Role::Customer)).collect();
    let open = async |token: &String| {
        for _ in 0..20 {
            stage.app.post("/api/v1/support/tickets", token, json!({"title": ""})).await;
        }
    };
    tokio::join!(open(&tokens[0]), open(&tokens[1]), open(&tokens[2]), open(&tokens[3]));
    let mut told = Vec::new();
    while told.len() < 80 {
        told.push(event(&mut agent).await["id"].as_i64().unwrap());
    }
    told.sort_unstable();
    let listed = stage.app.get("/api/v1/notifications", &stage.agent).await.body;
    let mut listed: Vec<i64> = listed.as_array().unwrap().iter().map(|event| event["id"].as_i64().unwrap()).collect();
    listed.sort_unstable();
    assert_eq!(told, listed);
    agent.is_heard().await;
}
