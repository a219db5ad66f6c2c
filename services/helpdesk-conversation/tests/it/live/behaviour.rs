//! What the server does about what a client sends (live protocol, sections 3 and 9.4).

use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame as Raw};

use super::Stage;

#[tokio::test]
async fn the_golden_behaviour_is_kept() {
    let stage = Stage::start().await;
    let closes = [
        ("00000000020003", 4000),
        ("0700000002000400", 4004),
        ("0700000099000100", 4001),
        ("07000000030002000000000014", 4000),
    ];
    for (sent, code) in closes {
        let mut client = stage.connect(&stage.customer).await;
        client.send_hex(sent).await;
        assert_eq!(client.close_code().await, code, "{sent}");
    }
    let mut client = stage.connect(&stage.customer).await;
    let answers = [
        ("0700000099000200", "0700000000800000"),
        ("0700000000000100", "0700000000800000"),
        ("0700000002000300", "0700000002800000656d707479206d657373616765"),
    ];
    for (sent, answer) in answers {
        client.send_hex("0080008000800000").await;
        client.send_hex(sent).await;
        assert_eq!(client.hex().await, answer, "{sent}");
    }
    assert_eq!(stage.app.database.count("SELECT count(*) FROM entries").await, 0);
    let mut client = stage.connect(&stage.customer).await;
    client.send(Frame::Text("hello".into())).await;
    assert_eq!(client.close_code().await, 1003);
}

#[tokio::test]
async fn a_message_of_65536_bytes_is_taken_and_a_longer_one_closes_with_1009() {
    let stage = Stage::start().await;
    let mut client = stage.connect(&stage.customer).await;
    let message = |length: usize| [&[7, 0, 0, 0, 2, 0, 3, 0][..], &vec![0; length - 8]].concat();
    client.send_bytes(message(65_536)).await;
    client.received(7).await;
    client.entry().await;
    client.send_bytes(message(65_537)).await;
    assert_eq!(client.close_code().await, 1009);
}

#[tokio::test]
async fn fragments_make_one_message_and_too_many_of_them_close_with_1009() {
    let stage = Stage::start().await;
    let mut client = stage.connect(&stage.customer).await;
    let fragment = |kind: OpCode, bytes: Vec<u8>, last: bool| Frame::Frame(Raw::message(bytes, kind, last));
    client.send(fragment(OpCode::Data(Data::Binary), vec![7, 0, 0, 0, 0x99], false)).await;
    client.is_heard().await;
    client.send(fragment(OpCode::Data(Data::Continue), vec![0, 0, 0], true)).await;
    assert_eq!(client.hex().await, "0700000000800000");
    client.send(fragment(OpCode::Data(Data::Binary), vec![0; 60_000], false)).await;
    client.send(fragment(OpCode::Data(Data::Continue), vec![0; 5_537], false)).await;
    assert_eq!(client.close_code().await, 1009);
}

#[tokio::test]
async fn the_longest_messages_reach_the_others_whole() {
    let stage = Stage::start().await;
    stage.join().await;
    let (mut customer, mut agent) = (stage.connect(&stage.customer).await, stage.connect(&stage.agent).await);
    let text = "x".repeat(65_000);
    customer.say(1, &text).await;
    let id = customer.received(1).await;
    assert_eq!(agent.entry().await, (0x8000_8001, id, text));
}

#[tokio::test]
async fn a_goodbye_is_answered_in_kind() {
    let stage = Stage::start().await;
    let mut client = stage.connect(&stage.customer).await;
    let close = CloseFrame { code: CloseCode::Normal, reason: "enough".into() };
    client.send(Frame::Close(Some(close))).await;
    assert_eq!(client.close_code().await, 1000);
    assert_eq!(stage.open_sockets().await, 0);
}

#[tokio::test]
async fn answers_come_in_the_order_of_the_requests() {
    let stage = Stage::start().await;
    let mut client = stage.connect(&stage.customer).await;
    for round in 0..10_u8 {
        client.send_hex(&format!("{:02x}00000003000200 0000000001000000", 4 * round).replace(' ', "")).await;
        client.send_hex(&format!("{:02x}00000002000300", 4 * round + 1)).await;
        client.send_hex(&format!("{:02x}000000990000000102", 4 * round + 2)).await;
        client.say(u32::from(4 * round + 3), "hi").await;
    }
    let mut answered = Vec::new();
    while answered.len() < 40 {
        let bytes = client.bytes().await;
        // Entries come in between; their cookies are the server's.
        if bytes[3] & 0x80 == 0 {
            answered.push(bytes[0]);
        }
    }
    assert_eq!(answered, (0..40).collect::<Vec<u8>>());
}

#[tokio::test]
async fn what_was_sent_before_a_fault_is_still_done() {
    let stage = Stage::start().await;
    let mut client = stage.connect(&stage.customer).await;
    client.say(1, "stored").await;
    client.send(Frame::Text("and then".into())).await;
    assert_eq!(client.close_code().await, 1003);
    assert_eq!(stage.app.database.count("SELECT count(*) FROM entries").await, 1);
}

#[tokio::test]
async fn a_client_that_asks_a_lot_at_once_and_reads_gets_all_answers() {
    let stage = Stage::start().await;
    let (mut asks, mut reads) = stage.connect(&stage.customer).await.split();
    let asking = async {
        for cookie in 0..5000_u32 {
            asks.feed(&[&cookie.to_le_bytes()[..], &[0x99, 0, 0, 0]].concat()).await;
        }
        asks.flush().await;
    };
    let reading = async {
        for cookie in 0..5000_u32 {
            assert_eq!(reads.bytes().await, [&cookie.to_le_bytes()[..], &[0, 0x80, 0, 0]].concat());
        }
    };
    tokio::join!(asking, reading);
}
