//! A client with a library of its own, so that no mistake of the server's can cancel itself out.

use std::time::Duration;

use conversation::Message;
use conversation::wire::client::{FromServer, decode, get_history, send_message};
use conversation::wire::{Entry, GetHistory};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::header::AUTHORIZATION;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message as Frame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long a client waits for what must come.
const DEADLINE: Duration = Duration::from_secs(10);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(crate) struct Client {
    socket: Socket,
    /// Pings of the server that were seen.
    pub(crate) pings: usize,
}

/// The entry's id and what it tells.
pub(crate) fn brief(entry: &Entry<'_>) -> (i32, String) {
    match entry {
        Entry::NewMessage { id, message, .. } => (*id, Message::parse(message).unwrap().plain_text()),
        Entry::UserJoined { id, users, .. } => (*id, format!("joined {users:?}")),
    }
}

impl Client {
    pub(crate) async fn open(url: &str, path: &str, token: &str) -> Self {
        Self::try_open(url, path, &[(AUTHORIZATION.as_str(), &format!("Bearer {token}"))]).await.unwrap()
    }

    /// The status if it is not 101.
    pub(crate) async fn try_open(url: &str, path: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let mut request = format!("{url}{path}").replacen("http", "ws", 1).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, answer)) => {
                assert_eq!(answer.headers().get("sec-websocket-protocol"), None, "no subprotocol is selected");
                Ok(Self { socket, pings: 0 })
            }
            Err(tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The next frame, pings left out.
    pub(crate) async fn frame(&mut self) -> Frame {
        // One deadline for all of it: pings that go on coming must not put it off.
        timeout(DEADLINE, async {
            loop {
                match self.socket.next().await.unwrap().unwrap() {
                    Frame::Ping(_) => self.pings += 1,
                    frame => return frame,
                }
            }
        })
        .await
        .unwrap()
    }

    pub(crate) async fn bytes(&mut self) -> Vec<u8> {
        match self.frame().await {
            Frame::Binary(bytes) => bytes.to_vec(),
            other => panic!("no binary message: {other:?}"),
        }
    }

    pub(crate) async fn hex(&mut self) -> String {
        self.bytes().await.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) async fn text(&mut self) -> String {
        match self.frame().await {
            Frame::Text(text) => text.to_string(),
            other => panic!("no text message: {other:?}"),
        }
    }

    /// Reads to the end of the connection and gives the server's close code.
    pub(crate) async fn close_code(&mut self) -> u16 {
        loop {
            match self.frame().await {
                Frame::Close(Some(close)) => return close.code.into(),
                Frame::Binary(_) => {}
                other => panic!("no goodbye: {other:?}"),
            }
        }
    }

    /// As [`Self::close_code`], of a client that answers nothing: the library would answer each ping that it reads.
    pub(crate) async fn close_code_unanswered(self) -> u16 {
        let MaybeTlsStream::Plain(mut stream) = self.socket.into_inner() else { panic!("not a plain connection") };
        timeout(DEADLINE, async {
            loop {
                // A server's control frame: what it is, a length below 126, and the payload as it is.
                let [kind, length] = [stream.read_u8().await.unwrap(), stream.read_u8().await.unwrap()];
                let mut payload = vec![0; length.into()];
                stream.read_exact(&mut payload).await.unwrap();
                match kind {
                    0x89 => {}
                    0x88 => return u16::from_be_bytes([payload[0], payload[1]]),
                    other => panic!("neither ping nor close: {other:#x}"),
                }
            }
        })
        .await
        .unwrap()
    }

    pub(crate) async fn send(&mut self, frame: Frame) {
        self.socket.send(frame).await.unwrap();
    }

    pub(crate) async fn send_bytes(&mut self, bytes: Vec<u8>) {
        self.send(Frame::Binary(bytes.into())).await;
    }

    pub(crate) async fn send_hex(&mut self, hex: &str) {
        self.send_bytes(
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect(),
        )
        .await;
    }

    pub(crate) async fn say(&mut self, cookie: u32, text: &str) {
        self.send_bytes(send_message(cookie, Message::from_text(text).stored())).await;
    }

    /// The next live entry: cookie, id and content.
    pub(crate) async fn entry(&mut self) -> (u32, i32, String) {
        let bytes = self.bytes().await;
        match decode(&bytes).unwrap() {
            (header, FromServer::NewEntry(entry)) => {
                let (id, told) = brief(&entry);
                (header.cookie, id, told)
            }
            other => panic!("no entry: {other:?}"),
        }
    }

    /// The entry id of a message that was stored.
    pub(crate) async fn received(&mut self, cookie: u32) -> i32 {
        let bytes = self.bytes().await;
        match decode(&bytes).unwrap() {
            (header, FromServer::MessageReceived(id)) if header.cookie == cookie => id,
            other => panic!("not received: {other:?}"),
        }
    }

    /// The ids before and from the reference on.
    pub(crate) async fn history(&mut self, reference: i32, before: u16, after: u16) -> (Vec<i32>, Vec<i32>) {
        self.send_bytes(get_history(1, GetHistory { reference, before, after })).await;
        let bytes = self.bytes().await;
        let ids = |entries: &[Entry<'_>]| entries.iter().map(Entry::id).collect();
        match decode(&bytes).unwrap().1 {
            FromServer::HistoryEntries { before, after } => (ids(&before), ids(&after)),
            other => panic!("no history: {other:?}"),
        }
    }

    /// Nothing waits to be read: what the server answers now is the next thing that comes.
    pub(crate) async fn nothing_waits(&mut self) {
        self.send_hex("7700000099000000").await;
        assert_eq!(self.hex().await, "7700000000800000");
    }

    /// The server reads and answers.
    pub(crate) async fn is_heard(&mut self) {
        self.send(Frame::Ping("there?".into())).await;
        assert_eq!(self.frame().await, Frame::Pong("there?".into()));
    }

    /// Two halves that are used side by side.
    pub(crate) fn split(self) -> (Asks, Reads) {
        let (asks, reads) = self.socket.split();
        (Asks(asks), Reads(reads))
    }
}

/// The half that sends.
pub(crate) struct Asks(SplitSink<Socket, Frame>);

impl Asks {
    /// Sends soon, together with others.
    pub(crate) async fn feed(&mut self, bytes: &[u8]) {
        self.0.feed(Frame::Binary(bytes.to_vec().into())).await.unwrap();
    }

    pub(crate) async fn flush(&mut self) {
        self.0.flush().await.unwrap();
    }
}

/// The half that receives.
pub(crate) struct Reads(SplitStream<Socket>);

impl Reads {
    pub(crate) async fn bytes(&mut self) -> Vec<u8> {
        match timeout(DEADLINE, self.0.next()).await.unwrap().unwrap().unwrap() {
            Frame::Binary(bytes) => bytes.to_vec(),
            other => panic!("no binary message: {other:?}"),
        }
    }
}
