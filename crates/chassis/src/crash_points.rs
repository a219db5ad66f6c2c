//! Crash points of the fault tests (feature `failpoints`). `FAILPOINTS` says what each does; here we see to it that the
//! log says what it has done, or a test could not tell a step that went wrong from one that was never reached.

use fail::FailScenario;

/// Reads `FAILPOINTS`. Without the feature no crash point is compiled in, so this has no effect.
pub(crate) fn set_up() -> FailScenario<'static> {
    let scenario = FailScenario::setup();
    #[cfg(feature = "failpoints")]
    heard::set_up();
    scenario
}

#[cfg(feature = "failpoints")]
mod heard {
    use log::{LevelFilter, Log, Metadata, Record};

    /// Where `fail` says what a point prints.
    const TARGET: &str = "fail";

    pub(super) fn set_up() {
        // `pause` says nothing of itself.
        for (step, _) in fail::list().into_iter().filter(|(_, actions)| actions == "pause") {
            let name = step.clone();
            let replaced = fail::cfg_callback(step, move || stand_still(&name));
            replaced.unwrap_or_else(|reason| tracing::error!(reason, "a crash point cannot be set"));
        }
        if log::set_logger(&Printed).is_ok() {
            log::set_max_level(LevelFilter::Info);
        }
    }

    /// For ever: somebody kills us.
    fn stand_still(step: &str) {
        tracing::warn!("crash point {step}: stands still");
        loop {
            std::thread::park();
        }
    }

    /// Puts what points print (the action `print`) into our log; `fail` speaks to the crate `log` and we do not.
    struct Printed;

    impl Log for Printed {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.target() == TARGET
        }

        fn log(&self, record: &Record<'_>) {
            if self.enabled(record.metadata()) {
                tracing::warn!("{}", record.args());
            }
        }

        fn flush(&self) {}
    }
}
