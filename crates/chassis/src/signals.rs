//! Being told to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// How the process was told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopSignal {
    /// Ctrl-C.
    Interrupt,
    /// A supervisor.
    Terminate,
}

/// The signals to stop. From the moment they are listened to, a signal no longer ends the process by itself.
#[derive(Debug)]
pub struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    /// Listens from now on.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the first signal, also one that came before. From then on a second one ends the process at once.
    pub async fn first(mut self) -> StopSignal {
        let first = self.next().await;
        tokio::spawn(async move {
            self.next().await;
            std::process::exit(130);
        });
        first
    }

    async fn next(&mut self) -> StopSignal {
        tokio::select! {
            _ = self.interrupt.recv() => StopSignal::Interrupt,
            _ = self.terminate.recv() => StopSignal::Terminate,
        }
    }
}
