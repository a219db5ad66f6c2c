//! Histories (live protocol, section 5).

use super::Stage;

fn ids(range: std::ops::RangeInclusive<i32>) -> Vec<i32> {
    range.collect()
}

/// Entries 1 to 300 in the conversation, 301 in another.
async fn stage() -> Stage {
    let stage = Stage::start().await;
    stage
        .app
        .database
        .run(
            "INSERT INTO entries (conversation_id, id, at, author, body) \
             SELECT 1, id, now(), 1, '\\x0000' FROM generate_series(1, 300) AS id",
        )
        .await;
    let other = serde_json::json!({"title": ""});
    stage.app.post("/api/v1/support/tickets", &stage.customer, other).await;
    let entry = "INSERT INTO entries (conversation_id, id, at, author, body) VALUES (2, 301, now(), 1, '\\x0000')";
    stage.app.database.run(entry).await;
    stage
}

#[tokio::test]
async fn the_newest_are_given_without_a_reference() {
    let stage = stage().await;
    let mut client = stage.connect(&stage.customer).await;
    assert_eq!(client.history(0, 20, 0).await, (ids(281..=300), vec![]));
    assert_eq!(client.history(0, 20, 20).await, (ids(281..=300), vec![]), "whatever after says");
    assert_eq!(client.history(0, 0, 0).await, (vec![], vec![]));
    assert_eq!(client.history(0, 128, 0).await, (ids(173..=300), vec![]));
    assert_eq!(client.history(0, u16::MAX, 0).await, (ids(173..=300), vec![]), "128 at most");
}

#[tokio::test]
async fn around_a_reference_are_64_on_each_side_at_most_and_the_reference_comes_in_addition() {
    let stage = stage().await;
    let mut client = stage.connect(&stage.customer).await;
    assert_eq!(client.history(8, 20, 0).await, (ids(1..=7), vec![8]));
    assert_eq!(client.history(100, 2, 2).await, (vec![98, 99], vec![100, 101, 102]));
    assert_eq!(client.history(100, 64, 63).await, (ids(36..=99), ids(100..=163)));
    assert_eq!(client.history(100, 65, 64).await, (ids(36..=99), ids(100..=163)));
    assert_eq!(client.history(100, u16::MAX, u16::MAX).await, (ids(36..=99), ids(100..=163)));
    assert_eq!(client.history(300, 1, 5).await, (vec![299], vec![300]));
    assert_eq!(client.history(1, 5, 0).await, (vec![], vec![1]));
}

#[tokio::test]
async fn a_reference_that_is_not_in_the_conversation_gives_nothing() {
    let stage = stage().await;
    let mut client = stage.connect(&stage.customer).await;
    for reference in [301, 302, -1, i32::MIN, i32::MAX] {
        assert_eq!(client.history(reference, 20, 20).await, (vec![], vec![]), "{reference}");
    }
}

#[tokio::test]
async fn joinings_are_part_of_the_history() {
    let stage = Stage::start().await;
    let first = stage.write(&stage.customer, "hello").await;
    stage.join().await;
    let mut client = stage.connect(&stage.agent).await;
    assert_eq!(client.history(0, 9, 0).await, (vec![first, first + 1], vec![]));
}
