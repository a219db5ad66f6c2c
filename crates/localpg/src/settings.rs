//! The server's settings: our own file, included by `postgresql.conf` and written anew at each start, so that a new
//! version of Crossdesk brings new settings to old clusters.

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::LocalPgError;
use crate::error::refused;
use crate::programs::Programs;

/// What `postgresql.conf`, one folder below, calls our file.
pub(crate) const INCLUDE: &str = "include = '../crossdesk.conf'\n";

/// The port is only a part of the socket's file name: clients look for this one.
pub(crate) const PORT: u16 = 5432;

/// For every cluster. Modest memory: it shares the machine with the program that started it.
const COMMON: &str = "\
listen_addresses = ''
unix_socket_permissions = 0700
shared_buffers = 64MB
jit = off
autovacuum = on
# Nobody replicates from a private cluster: the smallest log will do.
wal_level = minimal
max_wal_senders = 0
max_wal_size = 1GB
checkpoint_timeout = 15min
timezone = 'UTC'
log_timezone = 'UTC'
log_destination = stderr
logging_collector = off
log_line_prefix = '%m [%p] %d '
log_lock_waits = on
# No row values and no statements in the log: they hold personal data.
log_error_verbosity = terse
log_min_error_statement = panic
";

/// A commit that was confirmed is on the disk.
const DURABLE: &str = "fsync = on\nfull_page_writes = on\nsynchronous_commit = on\n";

/// A crash of the machine may destroy the cluster: for tests only.
const FAST: &str = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n";

/// Writes the settings to `path`, readable for the server's user.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), LocalPgError> {
    let new = path.with_extension("conf.new");
    // A leftover of an interrupted start; absent is the normal case.
    let _ = fs::remove_file(&new);
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o644).open(&new).map_err(refused("write", &new))?;
    file.write_all(text.as_bytes()).map_err(refused("write", &new))?;
    // The mode above passes through the umask, which may forbid others to read.
    file.set_permissions(Permissions::from_mode(0o644)).map_err(refused("protect", &new))?;
    fs::rename(&new, path).map_err(refused("replace", path))
}

/// The text of the settings file.
pub(crate) fn text(programs: &Programs, sockets: &Path, durable: bool, max_connections: u16) -> String {
    let compression = if programs.have_lz4() { "lz4" } else { "on" };
    let safety = if durable { DURABLE } else { FAST };
    format!(
        "# Written by Crossdesk at each start; your own settings belong in data/postgresql.conf, below the include.\n\
         {COMMON}{safety}wal_compression = {compression}\nport = {PORT}\nmax_connections = {max_connections}\n\
         unix_socket_directories = '{}'\n",
        sockets.display()
    )
}
