//! A user-space TCP proxy that misbehaves on demand. Every connection between two programs of the lab goes through one:
//! kernel tools that do the same need rights that not every machine gives.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Bytes read at once.
const CHUNK: usize = 16 * 1024;

/// How the proxy treats bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Passes them on.
    Clear,
    /// Passes them on after a while.
    Slow(Duration),
    /// Takes them and passes nothing on, in both directions; connections stay open.
    BlackHole,
    /// Accepts nothing new and resets what is open.
    Down,
}

/// Where a proxy leads.
#[derive(Debug, Clone)]
pub enum Target {
    /// A port on loopback.
    Port(u16),
    /// A Unix socket, such as PostgreSQL's.
    Socket(PathBuf),
}

/// A way between two programs. It leads to the next of its targets that takes a connection.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    targets: Mutex<Vec<Target>>,
    turn: AtomicUsize,
    weather: watch::Sender<Weather>,
    /// Cancelled to reset what is open.
    alive: Mutex<CancellationToken>,
    /// Bytes after which each connection is reset; 0 is never. Counted over both directions.
    cut_after: AtomicU64,
    cuts: AtomicUsize,
    open: AtomicUsize,
}

impl Proxy {
    /// A proxy on a free port.
    pub async fn to(targets: Vec<Target>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(State {
            targets: Mutex::new(targets),
            turn: AtomicUsize::new(0),
            weather: watch::Sender::new(Weather::Clear),
            alive: Mutex::default(),
            cut_after: AtomicU64::new(0),
            cuts: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
        });
        tokio::spawn(accept(listener, Arc::clone(&state)));
        Ok(Self { port, state })
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Leads elsewhere from now on; connections that are open stay.
    pub fn lead_to(&self, targets: Vec<Target>) {
        *self.state.targets.lock().unwrap_or_else(PoisonError::into_inner) = targets;
    }

    /// Changes the weather.
    pub fn set(&self, weather: Weather) {
        self.state.weather.send_replace(weather);
        if weather == Weather::Down {
            self.cut();
        }
    }

    /// Resets every connection that is open. Returns how many there were.
    pub fn cut(&self) -> usize {
        let open = self.state.open.load(Ordering::Relaxed);
        std::mem::take(&mut *self.state.alive.lock().unwrap_or_else(PoisonError::into_inner)).cancel();
        self.state.cuts.fetch_add(open, Ordering::Relaxed);
        open
    }

    /// Resets each connection once so many bytes have gone over it, in the midst of whatever was being said.
    pub fn cut_after(&self, bytes: u64) {
        self.state.cut_after.store(bytes, Ordering::Relaxed);
    }

    /// How many connections were reset so far.
    #[must_use]
    pub fn cuts(&self) -> usize {
        self.state.cuts.load(Ordering::Relaxed)
    }

    /// How many connections are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.state.open.load(Ordering::Relaxed)
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    while let Ok((client, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            if *state.weather.borrow() == Weather::Down {
                return reset(&client);
            }
            state.open.fetch_add(1, Ordering::Relaxed);
            carry(client, &state).await;
            state.open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

async fn carry(client: TcpStream, state: &State) {
    let alive = state.alive.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let _ = client.set_nodelay(true);
    let targets = state.targets.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let first = state.turn.fetch_add(1, Ordering::Relaxed);
    for index in 0..targets.len() {
        match &targets[(first + index) % targets.len()] {
            Target::Port(port) => {
                if let Ok(server) = TcpStream::connect(("127.0.0.1", *port)).await {
                    let _ = server.set_nodelay(true);
                    let (read, write) = server.into_split();
                    return exchange(client, read, write, &alive, state).await;
                }
            }
            Target::Socket(path) => {
                if let Ok(server) = UnixStream::connect(path).await {
                    let (read, write) = server.into_split();
                    return exchange(client, read, write, &alive, state).await;
                }
            }
        }
    }
    reset(&client);
}

async fn exchange(
    mut client: TcpStream,
    server_read: impl AsyncRead + Unpin,
    server_write: impl AsyncWrite + Unpin,
    alive: &CancellationToken,
    state: &State,
) {
    let count = AtomicU64::new(0);
    let ended = {
        let (client_read, client_write) = client.split();
        let there = pass(client_read, server_write, state, &count);
        let back = pass(server_read, client_write, state, &count);
        tokio::pin!(there, back);
        // A side that has said all may still be listening; so the other direction goes on until it ends, too.
        let both = async {
            tokio::select! {
                first = &mut there => if first == Ended::Cut { first } else { back.await },
                first = &mut back => if first == Ended::Cut { first } else { there.await },
            }
        };
        tokio::select! {
            () = alive.cancelled() => Ended::Cut,
            ended = both => ended,
        }
    };
    if ended == Ended::Cut {
        reset(&client);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Politely,
    Cut,
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    state: &State,
    count: &AtomicU64,
) -> Ended {
    let mut weather = state.weather.subscribe();
    let mut buffer = vec![0; CHUNK];
    loop {
        let size = match from.read(&mut buffer).await {
            Ok(0) => {
                let _ = to.shutdown().await;
                return Ended::Politely;
            }
            Ok(size) => size,
            Err(_) => return Ended::Cut,
        };
        let now = *weather.borrow_and_update();
        match now {
            Weather::Clear => {}
            Weather::Slow(delay) => tokio::time::sleep(delay).await,
            Weather::Down => return Ended::Cut,
            Weather::BlackHole => {
                // What is held is passed on when the weather clears, as a network does that was only slow.
                if weather.wait_for(|weather| *weather != Weather::BlackHole).await.is_err() {
                    return Ended::Cut;
                }
            }
        }
        let limit = state.cut_after.load(Ordering::Relaxed);
        let before = count.fetch_add(size as u64, Ordering::Relaxed);
        if limit > 0 && before + size as u64 > limit {
            // Part of a message goes through: the worst place to stop.
            let part = usize::try_from(limit.saturating_sub(before)).unwrap_or(0).min(size);
            let _ = to.write_all(&buffer[..part]).await;
            state.cuts.fetch_add(1, Ordering::Relaxed);
            return Ended::Cut;
        }
        if to.write_all(&buffer[..size]).await.is_err() {
            return Ended::Cut;
        }
    }
}

/// Closes with a reset, as a machine does that has forgotten the connection.
fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}
