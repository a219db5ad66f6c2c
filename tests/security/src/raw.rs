//! HTTP byte by byte: clients tidy requests up, attackers do not.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long an answer may take. Longer than the server waits for the rest of a head.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// Everything that came back.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether the other end closed the connection, rather than we lost patience.
    pub closed: bool,
}

impl Heard {
    /// As text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The status of the first answer; 0 if there is none.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.statuses().first().copied().unwrap_or_default()
    }

    /// The statuses of all answers, those before the last one (`100 Continue`) too.
    #[must_use]
    pub fn statuses(&self) -> Vec<u16> {
        let text = self.text();
        let heads = text.match_indices("HTTP/1.").filter_map(|(at, _)| text.get(at + 9..at + 12));
        heads.filter_map(|digits| digits.parse().ok()).collect()
    }

    /// The body of the first answer, if it is the only one.
    #[must_use]
    pub fn body(&self) -> String {
        self.text().split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
    }

    /// The first answer's lines, sorted, without what differs from request to request. The order of headers is each
    /// process's own, and an answer of the gateway may stand beside one of a service that it passed on.
    #[must_use]
    pub fn constant_part(&self) -> String {
        let text = self.text();
        let varies = |line: &&str| {
            let line = line.to_ascii_lowercase();
            line.starts_with("x-request-id:") || line.starts_with("date:")
        };
        let mut lines: Vec<&str> = text.lines().filter(|line| !varies(line)).collect();
        lines.sort_unstable();
        lines.join("\n")
    }
}

/// Sends bytes over a new connection and reads until the other end closes, or `patience` is over.
pub async fn talk(authority: &str, bytes: &[u8], patience: Duration) -> Heard {
    let mut socket = TcpStream::connect(authority).await.expect("a connection");
    // Whoever refuses early may close before all is sent.
    let _sent = socket.write_all(bytes).await;
    let mut heard = Heard::default();
    let reading = async {
        let mut buffer = [0; 4096];
        loop {
            match socket.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(read) => heard.bytes.extend_from_slice(&buffer[..read]),
            }
        }
    };
    let in_time = tokio::time::timeout(patience, reading).await.is_ok();
    heard.closed = in_time;
    heard
}
