//! A scratch folder that PostgreSQL's user can reach when the tests run as root, and questions to a cluster in it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use localpg::{Cluster, LocalPgError, Options, find_programs};
use tempfile::TempDir;

/// Far above what anything here takes, so that only a real failure meets it.
const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        Self(folder)
    }

    pub(crate) fn cluster(&self) -> PathBuf {
        self.0.path().join("postgres")
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

pub(crate) async fn start(dir: &Path) -> Result<Cluster, LocalPgError> {
    Cluster::start(Options { dir: dir.to_owned(), durable: false, max_connections: 20 }).await
}

/// What `sql` answers, without decoration.
pub(crate) fn ask(url: &str, sql: &str) -> String {
    let psql = find_programs().unwrap().bin().join("psql");
    let output = Command::new(psql).args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, url]).output().unwrap();
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Waits until `done`, and fails the test if that never happens.
pub(crate) async fn eventually(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !done() {
        assert!(Instant::now() < deadline, "{what}: not within {DEADLINE:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether a process is there and not merely waiting to be reaped.
pub(crate) fn alive(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    !after_name.trim_start().starts_with('Z')
}
