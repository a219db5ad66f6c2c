//! What the handlers of one worker share.

use std::sync::Arc;

use secrecy::SecretString;
use storage::Db;

use super::faults::Faults;

/// The worker's database, the faults to come, and the token to ask for.
#[derive(Debug)]
pub struct SimulatorApp {
    pub(crate) db: Db,
    pub(crate) faults: Arc<Faults>,
    pub(crate) token: Option<SecretString>,
}
