//! What can go wrong, in words that tell the person at the keyboard what to do next.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// Why there is no private PostgreSQL cluster.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalPgError {
    /// No folder holds both `postgres` and `initdb`.
    #[error(
        "the PostgreSQL server programs are missing; run deploy/local/setup postgresql, \
         or install them: apt-get install --no-install-recommends postgresql"
    )]
    ProgramsMissing,

    /// The data was written by another major version than any installed one.
    #[error(
        "the data in {} is of PostgreSQL {wanted}, which is not installed (found: {found}); \
         install it: apt-get install --no-install-recommends postgresql-{wanted}",
        dir.display()
    )]
    WrongVersion {
        /// The cluster's data folder.
        dir: PathBuf,
        /// The major version that wrote it.
        wanted: u32,
        /// The major versions that are installed.
        found: String,
    },

    /// We are root, PostgreSQL refuses to be, and there is no user to become.
    #[error(
        "PostgreSQL does not run as root and there is no user named postgres; \
         create it: adduser --system --group --no-create-home postgres"
    )]
    AccountMissing,

    /// The data belongs to another user and we are not root.
    #[error("{} belongs to user id {owner}; run as that user (or as root), or remove it", dir.display())]
    ForeignData {
        /// The cluster's data folder.
        dir: PathBuf,
        /// Who owns it.
        owner: u32,
    },

    /// The socket folder is not ours alone, so whoever made it could pose as our database.
    #[error("{} exists but is not a private folder of user id {expected}; remove it and try again", dir.display())]
    ForeignSocketFolder {
        /// The socket folder.
        dir: PathBuf,
        /// Who should own it.
        expected: u32,
    },

    /// Another program holds the folder's lock.
    #[error("another crossdesk already uses {}", dir.display())]
    InUse {
        /// The cluster's folder.
        dir: PathBuf,
    },

    /// A server that an earlier program left behind survives every signal.
    #[error("an earlier PostgreSQL (process id {pid}) still runs on this data and does not stop")]
    LeftoverStays {
        /// The process that stays.
        pid: u32,
    },

    /// `initdb` failed.
    #[error("initdb failed ({status}): {output}")]
    Initialise {
        /// How it ended.
        status: ExitStatus,
        /// The end of what it printed.
        output: String,
    },

    /// The server ended although nobody asked it to.
    #[error("PostgreSQL ended by itself ({status}); the end of {}:\n{log_end}", log.display())]
    Ended {
        /// How it ended.
        status: ExitStatus,
        /// Its log file.
        log: PathBuf,
        /// The end of that file.
        log_end: String,
    },

    /// The server runs but takes no connections yet.
    #[error("PostgreSQL was not ready after {seconds} s; the end of {}:\n{log_end}", log.display())]
    NotReady {
        /// How long we waited.
        seconds: u64,
        /// Its log file.
        log: PathBuf,
        /// The end of that file.
        log_end: String,
    },

    /// The operating system refused something.
    #[error("could not {action} {}", path.display())]
    System {
        /// What we tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// For `map_err`: names what was tried, because a bare "permission denied" helps nobody.
pub(crate) fn refused(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LocalPgError + use<> {
    let path = path.to_owned();
    move |source| LocalPgError::System { action, path, source }
}
