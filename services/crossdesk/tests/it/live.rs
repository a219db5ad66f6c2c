//! A live conversation through the gateway, byte for byte.

use conversation::Message;
use conversation::wire::client::send_message;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::story::Instance;

/// Opens a ticket and its conversation's socket, sends "Hello", and sees the answer before the message itself.
pub(crate) async fn converse(instance: &Instance) {
    let (conversation, token) = instance.open_conversation().await;
    let url = format!("{}/api/v1/conversations/{conversation}/socket", instance.url.replace("http://", "ws://"));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("Authorization", format!("Bearer {token}").parse().unwrap());
    let (mut socket, answer) = connect_async(request).await.unwrap();
    assert_eq!(answer.status(), 101);
    let mut next = async || match socket.next().await {
        Some(Ok(Frame::Binary(bytes))) => bytes.to_vec(),
        other => panic!("no binary frame: {other:?}"),
    };
    assert_eq!(next().await, [0, 0x80, 0, 0x80, 0, 0, 0, 0], "Connected");
    socket.send(Frame::binary(send_message(0, Message::from_text("Hello").stored()))).await.unwrap();
    let mut next = async || match socket.next().await {
        Some(Ok(Frame::Binary(bytes))) => bytes.to_vec(),
        other => panic!("no binary frame: {other:?}"),
    };
    let received = next().await;
    assert_eq!((received.len(), &received[..8]), (12, &[0, 0, 0, 0, 1, 0x80, 0, 0][..]), "MessageReceived");
    let message = next().await;
    assert_eq!(&message[4..8], [1, 0, 1, 0], "NewMessage");
    assert_eq!(message[10..14], received[8..12], "the same entry");
    assert!(message.ends_with(Message::from_text("Hello").stored()));
    socket.close(None).await.unwrap();
}
