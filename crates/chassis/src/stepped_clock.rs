//! The clock of a process. In fault tests (feature `failpoints`) it can be set while the process runs: a file says by how
//! many milliseconds it is ahead of the machine's.

use std::sync::Arc;

use domain::{Clock, SystemClock};

/// The machine's clock; with the feature, the file that `CLOCK_STEP_FILE` names counts.
pub(crate) fn clock() -> Arc<dyn Clock> {
    #[cfg(feature = "failpoints")]
    if let Some(file) = std::env::var_os("CLOCK_STEP_FILE") {
        return Arc::new(stepped::SteppedClock(file.into()));
    }
    Arc::new(SystemClock)
}

#[cfg(feature = "failpoints")]
mod stepped {
    use std::path::PathBuf;

    use chrono::{DateTime, TimeDelta, Utc};
    use domain::{Clock, SystemClock};
    use uuid::{NoContext, Timestamp, Uuid};

    /// The file is read each time: a step comes in the middle of whatever goes on.
    #[derive(Debug)]
    pub(super) struct SteppedClock(pub(super) PathBuf);

    impl Clock for SteppedClock {
        fn now(&self) -> DateTime<Utc> {
            let step = std::fs::read_to_string(&self.0).ok().and_then(|text| text.parse().ok());
            SystemClock.now() + TimeDelta::milliseconds(step.unwrap_or(0))
        }

        /// Its time is the stepped one too: ids go backwards when the clock does.
        fn new_id(&self) -> Uuid {
            let now = self.now();
            let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
            Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()))
        }
    }
}
