//! Opens a session with the server that a URL names: the first of its hosts that takes one and is what is wanted.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use diesel::ConnectionError;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::time::{Instant, timeout};
use tokio_postgres::config::{Host, TargetSessionAttrs};
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

use super::patient::Patient;
use super::url::{Target, Tls};

/// PostgreSQL's port.
const PORT: u16 = 5432;
/// How long all hosts together have to answer a new connection. One that is silent leaves the others their share.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection is silent before the kernel asks whether the other side is still there, and how often it asks.
/// A connection that waits in the pool is found dead this way before somebody needs it.
const KEEPALIVE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(10));

/// Asks whether the server does TLS: a message of 8 bytes with a number where others have the protocol's version.
const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
/// The answer of one that does.
const TLS_GRANTED: u8 = b'S';

/// A way to a server.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A session that a task of its own drives.
pub(super) struct Session {
    pub(super) client: Client,
    /// True once it ended.
    pub(super) ended: Arc<AtomicBool>,
}

/// Tells the pool when the task that drives a connection ends, also if its runtime is shut down under it.
struct TellEnd(Arc<AtomicBool>);

impl Drop for TellEnd {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Where a server may be.
#[derive(Debug, Clone)]
enum Place {
    /// The address, and the name that its certificate must have.
    Tcp(SocketAddr, String),
    Unix(PathBuf),
}

/// Opens a session. `patience` is how long the server may be silent when it was asked something.
pub(super) async fn dial(target: &Target, patience: Option<Duration>) -> Result<Session, ConnectionError> {
    let config = &target.config;
    let deadline = Instant::now() + CONNECT_TIMEOUT;
    let hosts = config.get_hosts();
    let mut last = bad("the URL names no host");
    for (index, host) in hosts.iter().enumerate() {
        let hosts_left = hosts.len() - index;
        let ports = config.get_ports();
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(PORT);
        let places = match in_time(share(config, deadline, hosts_left), places(host, port)).await {
            Ok(places) => places,
            Err(error) => {
                last = error;
                continue;
            }
        };
        for (tried, place) in places.iter().enumerate() {
            let limit = share(config, deadline, hosts_left - 1 + places.len() - tried);
            match in_time(limit, open_session(target, place, patience)).await {
                Ok(session) => return Ok(session),
                Err(error) => {
                    tracing::debug!(?place, %error, "a database host is passed over");
                    last = error;
                }
            }
        }
    }
    Err(last)
}

/// What one of so many places may take of the time that is left.
fn share(config: &Config, deadline: Instant, places_left: usize) -> Duration {
    let left = deadline.saturating_duration_since(Instant::now());
    let share = left / u32::try_from(places_left.max(1)).unwrap_or(u32::MAX);
    config.get_connect_timeout().map_or(share, |configured| share.min(*configured))
}

async fn in_time<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, ConnectionError>>,
) -> Result<T, ConnectionError> {
    timeout(limit, work).await.unwrap_or_else(|_| Err(bad("PostgreSQL does not answer")))
}

async fn places(host: &Host, port: u16) -> Result<Vec<Place>, ConnectionError> {
    Ok(match host {
        Host::Tcp(name) => {
            let found = lookup_host((name.as_str(), port)).await.map_err(bad)?;
            found.map(|address| Place::Tcp(address, name.clone())).collect()
        }
        Host::Unix(folder) => vec![Place::Unix(folder.join(format!(".s.PGSQL.{port}")))],
    })
}

async fn open_session(target: &Target, place: &Place, patience: Option<Duration>) -> Result<Session, ConnectionError> {
    let stream = Patient::new(open(place, target.tls.as_ref()).await.map_err(bad)?, patience);
    let (client, connection) = target.config.connect_raw(stream, NoTls).await.map_err(refused)?;
    let ended = Arc::new(AtomicBool::new(false));
    let tell = TellEnd(Arc::clone(&ended));
    tokio::spawn(async move {
        let _tell = tell;
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a database connection ended");
        }
    });
    let wanted = target.config.get_target_session_attrs();
    if wanted != TargetSessionAttrs::Any {
        let is_read_only = is_read_only(&client).await.map_err(refused)?;
        match (wanted, is_read_only) {
            (TargetSessionAttrs::ReadWrite, true) => return Err(bad("the server takes no writes")),
            (TargetSessionAttrs::ReadOnly, false) => return Err(bad("the server takes writes")),
            _ => {}
        }
    }
    Ok(Session { client, ended })
}

async fn open(place: &Place, tls: Option<&Tls>) -> io::Result<Box<dyn Stream>> {
    match place {
        Place::Tcp(address, host) => {
            let mut stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            let keepalive = TcpKeepalive::new().with_time(KEEPALIVE.0).with_interval(KEEPALIVE.1);
            SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
            let Some(tls) = tls else { return Ok(Box::new(stream)) };
            stream.write_all(&TLS_REQUEST).await?;
            // One byte and no more: what somebody puts behind it is read as TLS then, and is none.
            if stream.read_u8().await? != TLS_GRANTED {
                return Err(io::Error::other("the server does no TLS, and the URL wants it"));
            }
            Ok(Box::new(tls::connect(host, tls.ca_file.clone(), stream).await?))
        }
        // Nobody listens in between; the server would refuse, too.
        Place::Unix(path) => Ok(Box::new(UnixStream::connect(path).await?)),
    }
}

async fn is_read_only(client: &Client) -> Result<bool, tokio_postgres::Error> {
    let said = client.simple_query("SHOW transaction_read_only").await?;
    Ok(said.iter().any(|part| matches!(part, SimpleQueryMessage::Row(row) if row.get(0) == Some("on"))))
}

fn bad(why: impl ToString) -> ConnectionError {
    ConnectionError::BadConnection(why.to_string())
}

fn refused(error: tokio_postgres::Error) -> ConnectionError {
    // The driver's own text is only "db error"; what PostgreSQL said is its source.
    bad(std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string))
}
