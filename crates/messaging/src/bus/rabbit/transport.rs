//! The bytes below AMQP: TCP, or TLS over it for `amqps://`.
//!
//! The client's own TLS needs a feature that brings thirty crates for key stores nobody here has, and without that
//! feature it talks plainly to an `amqps://` address. So TLS is made here, and the client gets a stream that it takes for
//! a plain one.

use std::io;
use std::net::{SocketAddr, TcpStream as Socket};
use std::os::fd::{AsFd, AsRawFd};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use async_rs::traits::Reactor;
use async_rs::util::RuntimeParts;
use async_rs::{Runtime, Tokio};
use futures_io::{AsyncRead, AsyncWrite};
use futures_util::Stream;
use lapin::uri::{AMQPScheme, AMQPUri};
use tokio::net::TcpStream;
use tokio_util::compat::TokioAsyncReadCompatExt as _;

/// The URL's parameter for a file of authorities; RabbitMQ's own clients call it so.
const CA_FILE: &str = "cacertfile";

/// What the client reads and writes.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connection, plain or not.
pub(super) type Wire = Box<dyn Duplex>;

/// tokio, with [`Wire`] for its connections.
#[derive(Debug, Clone)]
pub(super) struct Wires(Tokio);

impl Reactor for Wires {
    type TcpStream = Wire;
    type Sleep = <Tokio as Reactor>::Sleep;

    fn register<H: io::Read + io::Write + AsFd + AsRawFd + Send + 'static>(
        &self,
        socket: H,
    ) -> io::Result<impl AsyncRead + AsyncWrite + Send + Unpin + 'static> {
        self.0.register(socket)
    }

    fn sleep(&self, time: Duration) -> Self::Sleep {
        self.0.sleep(time)
    }

    fn interval(&self, time: Duration) -> impl Stream<Item = Instant> + Send + 'static {
        self.0.interval(time)
    }

    fn tcp_connect_addr(&self, address: SocketAddr) -> impl Future<Output = io::Result<Wire>> + Send + 'static {
        let connecting = self.0.tcp_connect_addr(address);
        async move { Ok(Box::new(connecting.await?) as Wire) }
    }
}

/// What the client runs on. Must be called within a tokio runtime.
pub(super) fn runtime() -> Runtime<RuntimeParts<Tokio, Wires>> {
    Runtime::new(RuntimeParts::new(Tokio::current(), Wires(Tokio::current())))
}

/// The file of authorities that a URL names.
pub(super) fn ca_file(url: &str) -> Option<PathBuf> {
    let url = reqwest::Url::parse(url).ok()?;
    url.query_pairs().find(|(name, _)| name == CA_FILE).map(|(_, path)| PathBuf::from(path.into_owned()))
}

/// Connects; `hold` gets a second handle of the socket as soon as there is one.
pub(super) async fn connect(uri: &AMQPUri, ca_file: Option<PathBuf>, hold: impl Fn(Socket)) -> io::Result<Wire> {
    let host = uri.authority.host.as_str();
    let stream = TcpStream::connect((host, uri.authority.port)).await?;
    stream.set_nodelay(true)?;
    hold(stream.as_fd().try_clone_to_owned()?.into());
    match uri.scheme {
        AMQPScheme::AMQP => Ok(Box::new(stream.compat())),
        AMQPScheme::AMQPS => {
            let stream = tls::connect(host, ca_file, stream).await?;
            Ok(Box::new(stream.compat()))
        }
    }
}
