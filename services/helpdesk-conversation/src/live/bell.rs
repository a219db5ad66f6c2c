//! Waking without data: a count that goes up.

use tokio::sync::watch;

/// Counts wake-ups. Whoever waits learns that there were some, not how many.
#[derive(Debug)]
pub(super) struct Bell(watch::Sender<u64>);

impl Default for Bell {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Bell {
    pub(super) fn ring(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    /// Hears it from now on.
    pub(super) fn listen(&self) -> Wakes {
        Wakes(self.0.subscribe())
    }

    /// How often it rang.
    pub(super) fn count(&self) -> u64 {
        *self.0.borrow()
    }
}

/// Hears a bell from now on.
#[derive(Debug)]
pub(super) struct Wakes(watch::Receiver<u64>);

impl Wakes {
    /// Resolves when the bell has rung since `heard`.
    pub(super) async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            // The bell is held by whoever waits for it, so it is never gone.
            std::future::pending::<()>().await;
        }
    }

    /// How often the bell rang; this much is heard.
    pub(super) fn heard(&mut self) -> u64 {
        *self.0.borrow_and_update()
    }

    #[cfg(test)]
    pub(super) fn is_woken(&self) -> bool {
        self.0.has_changed().is_ok_and(|changed| changed)
    }
}
