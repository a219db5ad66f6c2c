//! Where a cluster's files are, and the lock that keeps others out.
//!
//! The folder itself stays ours; only `data` inside belongs to the server's user. So root never writes through a path
//! that another user could have turned into a link.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

use crate::LocalPgError;
use crate::account::Account;
use crate::error::refused;
use crate::settings::PORT;

/// Where data goes that the server's user could not reach otherwise.
const SYSTEM_FOLDER: &str = "/var/lib/crossdesk";

/// Every user may make a folder here, and the path is short: the socket's whole path is limited to 107 bytes.
const SOCKET_PARENT: &str = "/tmp";

/// Enough to tell the clusters of one machine apart.
const HASH_DIGITS: usize = 12;

/// For a folder that the server's user must pass through, and nobody needs to list.
const PASSABLE: u32 = 0o711;

/// For what only its owner may use.
const PRIVATE: u32 = 0o700;

/// The paths of one cluster, locked for this process as long as the value lives.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) dir: PathBuf,
    pub(crate) account: Account,
    _lock: Lock,
}

/// Held as long as the value lives.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough: a process that another thread is just starting has a copy of the file for a moment.
        let _ = rustix::fs::flock(&self.0, FlockOperation::Unlock);
    }
}

impl Place {
    /// Makes the folder if need be, decides who the server runs as, and takes the lock.
    pub(crate) fn claim(wanted: &Path) -> Result<Self, LocalPgError> {
        let wanted = std::path::absolute(wanted).map_err(refused("resolve", wanted))?;
        let wanted = make_folder(&wanted)?;
        let account = Account::for_data(&wanted.join("data"))?;
        if account.reaches(&wanted) {
            let lock = lock(&wanted)?;
            return Ok(Self { dir: wanted, account, _lock: lock });
        }
        let dir = make_folder(&Path::new(SYSTEM_FOLDER).join(short_hash(&wanted)))?;
        tracing::warn!(
            wanted = %wanted.display(), used = %dir.display(), user.id = account.uid,
            "the PostgreSQL user can't reach the wanted folder, so the data lives elsewhere"
        );
        let lock = lock(&dir)?;
        Ok(Self { account: Account::for_data(&dir.join("data"))?, dir, _lock: lock })
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    pub(crate) fn settings(&self) -> PathBuf {
        self.dir.join("crossdesk.conf")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.dir.join("postgres.log")
    }

    pub(crate) fn sockets(&self) -> PathBuf {
        Path::new(SOCKET_PARENT).join(format!("crossdesk-{}", short_hash(&self.data())))
    }

    /// Makes the socket folder, or makes sure that the existing one is private to the server's user, and empties it.
    /// No server may run on the data: its sockets would be lost.
    pub(crate) fn claim_sockets(&self) -> Result<PathBuf, LocalPgError> {
        let dir = self.sockets();
        match fs::create_dir(&dir) {
            Ok(()) => fs::set_permissions(&dir, Permissions::from_mode(PRIVATE)).map_err(refused("protect", &dir))?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(refused("make", &dir)(error)),
        }
        let found = fs::symlink_metadata(&dir).map_err(refused("look at", &dir))?;
        let ours = found.uid() == self.account.uid || (found.uid() == 0 && self.account.drops());
        // In a sticky folder nobody but its owner can replace it after this look.
        if !found.is_dir() || !ours || found.mode() & 0o077 != 0 {
            return Err(LocalPgError::ForeignSocketFolder { dir, expected: self.account.uid });
        }
        self.account.own(&dir)?;
        remove_sockets(&dir);
        Ok(dir)
    }

    /// Removes the socket folder of a server that has ended.
    pub(crate) fn release_sockets(&self) {
        let dir = self.sockets();
        remove_sockets(&dir);
        // If it stays, the next start takes it over.
        let _ = fs::remove_dir(dir);
    }
}

/// A killed server leaves its socket and its socket's lock file; the lock names a process id that may be a stranger's
/// by now, or that of a dead process nobody reaps, and either would block the next start.
fn remove_sockets(dir: &Path) {
    for name in [format!(".s.PGSQL.{PORT}"), format!(".s.PGSQL.{PORT}.lock")] {
        // Absent is the normal case.
        let _ = fs::remove_file(dir.join(name));
    }
}

/// `dir` as an absolute path without links, made if need be. Only what we make gets our mode: `dir` may be a folder
/// that others share.
fn make_folder(dir: &Path) -> Result<PathBuf, LocalPgError> {
    if let Some(parent) = dir.parent().filter(|parent| !parent.exists()) {
        // Not `create_dir_all`: under a strict umask the server's user could not pass through what it makes.
        make_folder(parent)?;
    }
    match fs::create_dir(dir) {
        Ok(()) => {
            let mode = if rustix::process::geteuid().is_root() { PASSABLE } else { PRIVATE };
            fs::set_permissions(dir, Permissions::from_mode(mode)).map_err(refused("protect", dir))?;
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(refused("make", dir)(error)),
    }
    fs::canonicalize(dir).map_err(refused("resolve", dir))
}

fn lock(dir: &Path) -> Result<Lock, LocalPgError> {
    let path = dir.join("lock");
    let mut options = OpenOptions::new();
    let file =
        options.write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(refused("open", &path))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Lock(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(LocalPgError::InUse { dir: dir.to_owned() }),
        Err(error) => Err(refused("lock", &path)(error.into())),
    }
}

/// FNV-1a, because the standard library's hash may change between compilers, and the path must not.
fn short_hash(path: &Path) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let bytes = path.as_os_str().as_encoded_bytes();
    let hash = bytes.iter().fold(OFFSET, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME));
    format!("{hash:016x}").split_off(16 - HASH_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_path_is_short_and_never_changes() {
        assert_eq!(short_hash(Path::new("/a")), "6707b49cd92d");
        assert_ne!(short_hash(Path::new("/a")), short_hash(Path::new("/b")));
    }
}
