//! A way to the broker that can be cut, and can go silent.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub(crate) struct Proxy {
    pub(crate) port: u16,
    alive: Arc<Mutex<CancellationToken>>,
    silent: watch::Sender<bool>,
    /// Each connection holds one clone.
    open: Arc<()>,
    accepted: Arc<AtomicUsize>,
}

impl Proxy {
    pub(crate) async fn to((host, port): (String, u16)) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let own_port = listener.local_addr().expect("an address").port();
        let alive = Arc::new(Mutex::new(CancellationToken::new()));
        let (silent, heard) = watch::channel(false);
        let current = Arc::clone(&alive);
        let open = Arc::new(());
        let counted = Arc::downgrade(&open);
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let cut = current.lock().expect("not poisoned").clone();
                let (host, heard, open) = (host.clone(), heard.clone(), counted.upgrade());
                tokio::spawn(async move {
                    let _open = open;
                    tokio::select! {
                        () = cut.cancelled() => {}
                        () = pass(client, (host, port), heard) => {}
                    }
                });
            }
        });
        Self { port: own_port, alive, silent, open, accepted }
    }

    /// Cuts every connection. New ones are let through.
    pub(crate) fn cut(&self) {
        std::mem::take(&mut *self.alive.lock().expect("not poisoned")).cancel();
    }

    /// How many connections are open.
    pub(crate) fn open(&self) -> usize {
        Arc::strong_count(&self.open) - 1
    }

    /// How many connections there were so far.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// While silent, nothing the broker says comes through, and connections stay open.
    pub(crate) fn set_silent(&self, silent: bool) {
        self.silent.send_replace(silent);
    }
}

async fn pass(client: TcpStream, broker: (String, u16), mut silent: watch::Receiver<bool>) {
    let Ok(broker) = TcpStream::connect(broker).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_broker, mut to_broker) = broker.into_split();
    let back = async {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(count) = from_broker.read(&mut buffer).await {
            if count == 0 || silent.wait_for(|silent| !silent).await.is_err() {
                return;
            }
            if to_client.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        _ = copy(&mut from_client, &mut to_broker) => {}
        () = back => {}
    }
}
