//! The documents' conversation, byte for byte (live protocol, section 9.1): users 3 and 5, entries 7 and 8.

use super::Stage;

const HELLO: &str = "090107020548656c6c6f";

/// Numbers as in the document, and nobody's but the two users'.
async fn stage() -> Stage {
    let mut stage = Stage::start().await;
    stage.app.database.run("SELECT setval('user_numbers', 2); SELECT setval('entry_ids', 6)").await;
    stage.customer = stage.app.token("somebody", domain::Role::Customer);
    let ticket = serde_json::json!({"title": "Cannot open my draft"});
    stage.ticket = stage.app.post("/api/v1/support/tickets", &stage.customer, ticket).await.body;
    stage.app.database.run("SELECT setval('user_numbers', 4)").await;
    stage
}

/// The server's time is not the document's.
async fn set_times(stage: &Stage) {
    stage.app.database.run("UPDATE entries SET at = to_timestamp(1570000000.9 + id - 7)").await;
}

#[tokio::test]
async fn the_documents_conversation_is_live_and_in_the_history_byte_for_byte() {
    let stage = stage().await;
    let mut client = stage.connect(&stage.customer).await;
    client.send_hex(&format!("000000000200030000{HELLO}")).await;
    assert_eq!(client.hex().await, "000000000180000007000000");
    let live = client.hex().await;
    assert!(
        live.starts_with("018000800100010012000700000003000000") && live.ends_with(&format!("00{HELLO}")),
        "{live}"
    );
    stage.join().await;
    let live = client.hex().await;
    assert!(live.starts_with("02800080040000000e0008000000") && live.ends_with("05000000"), "{live}");
    client.send_hex("0600000002000300").await;
    assert_eq!(client.hex().await, "0600000002800000656d707479206d657373616765");
    set_times(&stage).await;
    let seven = "01001d12000700000003000000804c945d0000000000090107020548656c6c6f";
    let eight = "0400120e0008000000814c945d0000000005000000";
    client.send_hex("01000000030002000000000014000000").await;
    assert_eq!(client.hex().await, format!("010000000380000002000000{seven}{eight}"));
    client.send_hex("02000000030002000800000014000000").await;
    assert_eq!(client.hex().await, format!("020000000380000001000100{seven}{eight}"));
    client.send_hex("03000000030002000700000000001400").await;
    assert_eq!(client.hex().await, format!("030000000380000000000200{seven}{eight}"));
    client.send_hex("04000000030002000900000014001400").await;
    assert_eq!(client.hex().await, "040000000380000000000000");
}
