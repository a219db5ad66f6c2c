//! Mentions, and what those see whom they bring in (live protocol, section 8).

use conversation::Message;
use conversation::wire::client::send_message;
use serde_json::json;

use super::Stage;

/// A message that mentions a user.
fn mention(number: i32) -> Vec<u8> {
    let number = u8::try_from(number).unwrap();
    let message = [0, 5, 1, 3, 6, 1, number];
    Message::parse(&message).unwrap().into_stored()
}

#[tokio::test]
async fn a_mentioned_agent_sees_the_conversation_from_the_mention_on_and_all_of_it_after_joining() {
    let stage = Stage::start().await;
    let number = stage.number(&stage.agent).await;
    let hidden = stage.write(&stage.customer, "hidden").await;
    let mut customer = stage.connect(&stage.customer).await;
    customer.send_bytes(send_message(1, &mention(number))).await;
    let id = customer.received(1).await;
    assert_eq!(customer.entry().await, (0x8000_8001, id, format!("@{number}")));
    let (cookie, joined, told) = customer.entry().await;
    assert_eq!((cookie, told), (0x8000_8002, format!("joined [{number}]")));
    assert!(joined > id);

    let mut agent = stage.connect(&stage.agent).await;
    assert_eq!(agent.history(0, 20, 0).await, (vec![id, joined], vec![]));
    assert_eq!(agent.history(joined, 20, 0).await, (vec![id], vec![joined]));
    assert_eq!(agent.history(hidden, 20, 20).await, (vec![], vec![]), "as if it were not there");
    let later = stage.write(&stage.customer, "later").await;
    assert_eq!(agent.entry().await.1, later);

    stage.join().await;
    assert_eq!(agent.history(0, 20, 0).await, (vec![hidden, id, joined, later], vec![]), "on the same socket");
    agent.nothing_waits().await;
}

#[tokio::test]
async fn a_customer_cannot_pull_in_a_customer_and_learns_nothing_from_trying() {
    let stage = Stage::start().await;
    let stranger = stage.app.token("stranger", domain::Role::Customer);
    let number = stage.number(&stranger).await;
    let mut customer = stage.connect(&stage.customer).await;
    for number in [number, 99] {
        customer.send_bytes(send_message(1, &mention(number))).await;
        let id = customer.received(1).await;
        assert_eq!(customer.entry().await.1, id);
        customer.nothing_waits().await;
    }
    assert_eq!(stage.app.get(&stage.path(), &stranger).await.status, 404);
    assert_eq!(stage.app.get("/api/v1/notifications", &stranger).await.body, json!([]));
}
