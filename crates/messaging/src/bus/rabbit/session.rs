//! One connection to the broker, and how to be rid of it.
//!
//! The client drives each connection on a thread of its own and ends it only when the broker answers or the socket
//! closes. A broker that hangs does neither. So a session keeps a second handle of its socket: dropping the session
//! shuts the socket down, and no thread or descriptor outlives it.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lapin::uri::AMQPUri;
use lapin::{AsyncTcpStream, Channel, Connection, ConnectionProperties};
use tokio::time::timeout;

use super::declare::Names;
use super::transport;

/// How often both sides say that they live, in seconds: a dead broker is noticed after twice that.
const HEARTBEAT_S: u16 = 10;

/// How long connecting may take, with name resolution, TLS and login.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a broker may take to answer when channels are opened and the topology is declared.
pub(super) const SETUP_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait for a polite goodbye.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

const FIRST_REST: Duration = Duration::from_millis(100);
const LONGEST_REST: Duration = Duration::from_secs(5);

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionError {
    #[error("the AMQP URL is not valid")]
    Address,
    #[error("the broker took too long")]
    TooSlow,
    #[error(transparent)]
    Amqp(#[from] lapin::Error),
}

/// Where the broker is and what we are called there.
pub(super) struct Dial {
    /// `None` if the URL made no sense.
    uri: Option<AMQPUri>,
    ca_file: Option<PathBuf>,
    pub(super) service: String,
    pub(super) names: Names,
}

impl Dial {
    pub(super) fn new(url: &str, service: &str, names: Names) -> Self {
        let mut uri = url.parse::<AMQPUri>().ok();
        if let Some(uri) = &mut uri {
            uri.query.heartbeat = Some(HEARTBEAT_S);
        }
        Self { uri, ca_file: transport::ca_file(url), service: service.to_owned(), names }
    }

    /// Connects; `role` tells the connections of one service apart in the broker's lists.
    pub(super) async fn open(&self, role: &str) -> Result<Session, SessionError> {
        let uri = self.uri.clone().ok_or(SessionError::Address)?;
        let options =
            ConnectionProperties::default().with_connection_name(format!("{} {role}", self.service).as_str().into());
        let socket = Socket::default();
        let held = socket.clone();
        let ca_file = self.ca_file.clone();
        let connecting = Connection::connector(
            uri,
            transport::runtime(),
            async move |uri, _| {
                let wire = transport::connect(&uri, ca_file.clone(), |socket| held.hold(socket)).await?;
                Ok(AsyncTcpStream::Plain(wire))
            },
            options,
        );
        // The socket is cut if this fails or is dropped half-way: `cut` goes out of scope.
        let cut = CutOnDrop(socket);
        let connection = timeout(CONNECT_TIMEOUT, connecting).await.map_err(|_| SessionError::TooSlow)??;
        Ok(Session { connection, _cut: cut })
    }
}

/// An open connection. Dropping it cuts the connection; [`Session::close`] says goodbye first.
pub(super) struct Session {
    pub(super) connection: Connection,
    _cut: CutOnDrop,
}

impl Session {
    pub(super) async fn channel(&self) -> Result<Channel, SessionError> {
        in_time(self.connection.create_channel()).await
    }

    pub(super) async fn close(self) {
        // A broker that does not answer gets the connection cut by the drop.
        let _answer = timeout(CLOSE_TIMEOUT, self.connection.close(200, "OK".into())).await;
    }
}

/// Limits one step of building a session.
pub(super) async fn in_time<T>(step: impl Future<Output = lapin::Result<T>>) -> Result<T, SessionError> {
    Ok(timeout(SETUP_TIMEOUT, step).await.map_err(|_| SessionError::TooSlow)??)
}

#[derive(Clone, Default)]
struct Socket(Arc<Mutex<State>>);

#[derive(Default)]
enum State {
    #[default]
    NotYet,
    Open(TcpStream),
    Cut,
}

impl Socket {
    fn hold(&self, stream: TcpStream) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Cut) {
            shut(&stream);
        } else {
            *state = State::Open(stream);
        }
    }
}

struct CutOnDrop(Socket);

impl Drop for CutOnDrop {
    fn drop(&mut self) {
        let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Open(stream) = std::mem::replace(&mut *state, State::Cut) {
            shut(&stream);
        }
    }
}

fn shut(stream: &TcpStream) {
    // Fails only if the other side was faster.
    let _closed_already = stream.shutdown(Shutdown::Both);
}

/// Rests between attempts: longer each time, and never in step with other processes.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    attempts: u32,
}

impl Backoff {
    pub(super) fn reset(&mut self) {
        self.attempts = 0;
    }

    /// Between half and all of a rest that doubles from 100 ms up to 5 s.
    pub(super) fn next(&mut self) -> Duration {
        let rest = FIRST_REST.saturating_mul(2_u32.saturating_pow(self.attempts)).min(LONGEST_REST);
        self.attempts = self.attempts.saturating_add(1);
        // Each `RandomState` has other keys, so this is a random number without a dependency.
        let random = RandomState::new().build_hasher().finish();
        let share = u32::try_from(random % 1000).unwrap_or_default();
        rest / 2 + (rest / 2) * share / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_grow_to_a_limit_and_start_over() {
        let mut backoff = Backoff::default();
        let rests: Vec<Duration> = (0..50).map(|_| backoff.next()).collect();
        assert!(rests[0] >= FIRST_REST / 2 && rests[0] <= FIRST_REST, "{rests:?}");
        assert!(rests.iter().all(|rest| *rest <= LONGEST_REST), "{rests:?}");
        assert!(rests[10..].iter().all(|rest| *rest >= LONGEST_REST / 2), "{rests:?}");
        backoff.reset();
        assert!(backoff.next() <= FIRST_REST);
    }
}
