//! A service that keeps what arrived, byte by byte, and answers everything with 200.
//!
//! It reads requests as simply as possible and as loosely as a bad server would: whatever it takes for a request, some
//! real service might.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

/// A request as it arrived, complete with its body.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The request line.
    pub line: String,
    /// The header lines, in lower case up to the colon.
    pub headers: Vec<(String, String)>,
    /// The body, without the chunks around it.
    pub body: Vec<u8>,
}

impl Arrived {
    /// What stands between method and version.
    #[must_use]
    pub fn target(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }

    /// The values of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(given, _)| given == name).map(|(_, value)| value.as_str()).collect()
    }
}

/// The service.
#[derive(Debug)]
pub struct Recorder {
    /// Its base URL.
    pub url: String,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    accepting: JoinHandle<()>,
}

impl Recorder {
    /// Listens on a free port until dropped.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&arrived);
        let accepting = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&kept)));
            }
        });
        Self { url, arrived, accepting }
    }

    /// What has arrived so far.
    #[must_use]
    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut socket: TcpStream, kept: Arc<Mutex<Vec<Arrived>>>) {
    let mut input = Input { socket: &mut socket, bytes: Vec::new() };
    while let Some(request) = input.request().await {
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        if input.socket.write_all(OK).await.is_err() {
            return;
        }
    }
}

struct Input<'a> {
    socket: &'a mut TcpStream,
    bytes: Vec<u8>,
}

impl Input<'_> {
    async fn request(&mut self) -> Option<Arrived> {
        let head = self.until(b"\r\n\r\n").await?;
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.split("\r\n").filter(|line| !line.is_empty());
        let line = lines.next()?.to_owned();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(':').unwrap_or((line, "")))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut request = Arrived { line, headers, body: Vec::new() };
        if request.header("transfer-encoding").iter().any(|value| value.contains("chunked")) {
            request.body = self.chunks().await?;
        } else if let Some(length) = request.header("content-length").first() {
            let length = length.parse().ok()?;
            request.body = self.take(length).await?;
        }
        Some(request)
    }

    async fn chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = self.until(b"\r\n").await?;
            let size = String::from_utf8_lossy(&size).trim().to_owned();
            let size = usize::from_str_radix(size.split(';').next()?, 16).ok()?;
            let chunk = self.take(size + 2).await?;
            if size == 0 {
                return Some(body);
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }

    async fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.bytes.windows(end.len()).position(|window| window == end) {
                let rest = self.bytes.split_off(at + end.len());
                return Some(std::mem::replace(&mut self.bytes, rest));
            }
            self.read().await?;
        }
    }

    async fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.bytes.len() < count {
            self.read().await?;
        }
        let rest = self.bytes.split_off(count);
        Some(std::mem::replace(&mut self.bytes, rest))
    }

    async fn read(&mut self) -> Option<()> {
        let mut buffer = [0; 4096];
        match self.socket.read(&mut buffer).await {
            Ok(0) | Err(_) => None,
            Ok(read) => {
                self.bytes.extend_from_slice(&buffer[..read]);
                Some(())
            }
        }
    }
}
