//! A canary on a live connection, through the gateway.

use conversation::Message;
use conversation::wire::client::send_message;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::house::House;

/// The frame that a message of somebody comes in, as far as it is the same for all.
const NEW_MESSAGE: [u8; 4] = [1, 0, 1, 0];

/// Says `words` on the conversation's socket, and waits until they come back on it.
pub(super) async fn say(house: &House, conversation: &Value, token: &str, words: &str) {
    let origin = house.gate.url.replace("http://", "ws://");
    let mut request = format!("{origin}/api/v1/conversations/{conversation}/socket").into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    let (mut socket, answer) = connect_async(request).await.unwrap();
    assert_eq!(answer.status(), 101);
    socket.send(Frame::binary(send_message(0, Message::from_text(words).stored()))).await.unwrap();
    loop {
        let Some(Ok(frame)) = socket.next().await else { panic!("the socket ended before the message came") };
        let Frame::Binary(bytes) = frame else { continue };
        if bytes.get(4..8) == Some(&NEW_MESSAGE[..]) && bytes.windows(words.len()).any(|part| part == words.as_bytes())
        {
            break;
        }
    }
    socket.close(None).await.unwrap();
}
