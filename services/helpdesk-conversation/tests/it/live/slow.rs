//! A client that does not read (live protocol, 2.7).

use super::Stage;
use super::client::Client;

/// Stores messages of so many bytes each, as if another process had.
async fn store(stage: &Stage, messages: usize, bytes: usize) {
    let frame = |kind: u8, body: Vec<u8>| {
        let length = [body.len() & 0x7f | 0x80, body.len() >> 7 & 0x7f | 0x80, body.len() >> 14];
        [vec![kind], length.map(|byte| u8::try_from(byte).unwrap()).to_vec(), body].concat()
    };
    let body = frame(0, frame(1, frame(2, vec![b'x'; bytes])));
    let hex: String = body.iter().map(|byte| format!("{byte:02x}")).collect();
    let insert = format!(
        "INSERT INTO entries (conversation_id, id, at, author, body) \
         SELECT 1, nextval('entry_ids'), now(), 1, '\\x{hex}' FROM generate_series(1, {messages})"
    );
    stage.app.database.run(&insert).await;
}

async fn is_dropped(stage: &Stage, left: i64) {
    testkit::eventually("the socket is given up", async || (stage.open_sockets().await == left).then_some(())).await;
}

/// Reads what was on its way; then there must be the goodbye.
async fn reads_1013(mut client: Client, at_most: usize) {
    let mut bytes = 0;
    loop {
        match client.frame().await {
            tokio_tungstenite::tungstenite::Message::Binary(message) => bytes += message.len(),
            tokio_tungstenite::tungstenite::Message::Close(Some(close)) => {
                assert_eq!(u16::from(close.code), 1013);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(bytes < at_most, "{bytes} bytes were kept for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_16_mib_of_answers_that_nobody_reads_end_the_connection() {
    let stage = Stage::start().await;
    store(&stage, 128, 60_000).await;
    let mut client = stage.connect(&stage.customer).await;
    // Each answer has 7.7 MB. The kernel takes some of it.
    for _ in 0..12 {
        client.send_hex("01000000030002000000000080000000").await;
    }
    is_dropped(&stage, 0).await;
    reads_1013(client, 60_000_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_1024_entries_that_nobody_reads_end_that_connection_and_no_other() {
    let stage = Stage::start().await;
    let (slow, mut fast) = (stage.connect(&stage.customer).await, stage.connect(&stage.customer).await);
    store(&stage, 3000, 8_000).await;
    let mut last = 0;
    for _ in 0..3000 {
        let (_, id, _) = fast.entry().await;
        assert!(id > last, "in order");
        last = id;
    }
    is_dropped(&stage, 1).await;
    fast.nothing_waits().await;
    reads_1013(slow, 20_000_000).await;
}
