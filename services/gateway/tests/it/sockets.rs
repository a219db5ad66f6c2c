//! A service that speaks WebSocket, and clients that come to it through the gateway.

use std::sync::{Arc, Mutex};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::client::Response;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response as Agreement};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async, client_async};

use crate::gate::{DEADLINE, Gate};

/// Either end of a WebSocket.
pub(crate) type Socket = WebSocketStream<TcpStream>;

/// The path of a conversation's socket.
pub(crate) const SOCKET: &str = "/api/v1/conversations/7/socket";

/// A helpdesk of which the test holds every socket.
pub(crate) struct Helpdesk {
    pub(crate) url: String,
    heads: Arc<Mutex<Vec<http::HeaderMap>>>,
    opened: UnboundedReceiver<Socket>,
}

impl Helpdesk {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, opened) = unbounded_channel();
        let heads = Arc::<Mutex<Vec<http::HeaderMap>>>::default();
        let seen = Arc::clone(&heads);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (sender, seen) = (sender.clone(), Arc::clone(&seen));
                tokio::spawn(async move {
                    #[expect(clippy::result_large_err, reason = "the signature is the library's")]
                    let note = |request: &Request, agreement: Agreement| {
                        seen.lock().unwrap().push(request.headers().clone());
                        Ok(agreement)
                    };
                    if let Ok(socket) = accept_hdr_async(stream, note).await {
                        let _ = sender.send(socket);
                    }
                });
            }
        });
        Self { url, heads, opened }
    }

    /// The service's end of the next socket.
    pub(crate) async fn accept(&mut self) -> Socket {
        timeout(DEADLINE, self.opened.recv()).await.unwrap().unwrap()
    }

    /// The headers of the requests so far.
    pub(crate) fn heads(&self) -> Vec<http::HeaderMap> {
        self.heads.lock().unwrap().clone()
    }
}

/// Opens a socket on this path.
pub(crate) async fn dial(
    gate: &Gate,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Result<(Socket, Response), Error> {
    let mut request = format!("ws://{}{path}", gate.address).into_client_request().unwrap();
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    let stream = TcpStream::connect(gate.address).await.unwrap();
    timeout(DEADLINE, client_async(request, stream)).await.unwrap()
}

/// Both ends of an open socket.
pub(crate) async fn pair(gate: &Gate, helpdesk: &mut Helpdesk) -> (Socket, Socket) {
    let (client, _) = dial(gate, SOCKET, &[]).await.unwrap();
    (client, helpdesk.accept().await)
}

/// What the other end says next.
pub(crate) async fn hear(socket: &mut Socket) -> Message {
    timeout(DEADLINE, socket.next()).await.unwrap().unwrap().unwrap()
}

/// Answers every message with itself until the socket closes.
pub(crate) async fn echo(mut socket: Socket) {
    while let Some(Ok(message)) = socket.next().await {
        if (message.is_binary() || message.is_text()) && socket.send(message).await.is_err() {
            return;
        }
    }
}

/// The head of a request for a socket, as bytes.
pub(crate) fn request_head(path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    )
}

/// Agrees to a socket without a library, so that the test decides every byte after that.
pub(crate) async fn agree(service: &mut TcpStream) {
    let agreement = "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
                     sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    service.write_all(agreement.as_bytes()).await.unwrap();
}
