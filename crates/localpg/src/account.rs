//! Who the server runs as.
//!
//! PostgreSQL refuses to run as root, because a server that may do anything on the machine is one SQL function away
//! from doing it. Started by root, we hand it to another user; started by anyone else, it runs as that user.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::LocalPgError;
use crate::error::refused;

/// The user that Debian's packages make for PostgreSQL.
const SERVER_USER: &str = "postgres";

/// The user of the server and its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    gid: u32,
    /// Set if we are root and must become that user.
    drops: bool,
}

impl Account {
    /// Ourselves or, if we are root, the owner of the existing `data`, else the user `postgres`.
    pub(crate) fn for_data(data: &Path) -> Result<Self, LocalPgError> {
        let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
        let owner = fs::metadata(data).ok().map(|data| (data.uid(), data.gid()));
        if uid.is_root() {
            let (uid, gid) = match owner {
                Some((uid, gid)) if uid != 0 => (uid, gid),
                _ => server_user()?,
            };
            return Ok(Self { uid, gid, drops: true });
        }
        match owner {
            Some((owner, _)) if owner != uid.as_raw() => Err(LocalPgError::ForeignData { dir: data.to_owned(), owner }),
            _ => Ok(Self { uid: uid.as_raw(), gid: gid.as_raw(), drops: false }),
        }
    }

    /// Whether the server's user differs from ours.
    pub(crate) fn drops(self) -> bool {
        self.drops
    }

    /// Lets `command` run as this user. The standard library also clears the supplementary groups of a root process
    /// that changes its user.
    pub(crate) fn run_as(self, command: &mut Command) {
        if self.drops {
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// Hands `path` to this user.
    pub(crate) fn own(self, path: &Path) -> Result<(), LocalPgError> {
        if self.drops {
            chown(path, Some(self.uid), Some(self.gid)).map_err(refused("change the owner of", path))
        } else {
            Ok(())
        }
    }

    /// Whether this user can enter `dir`: tried, not computed from mode bits, so access lists and odd mounts count.
    pub(crate) fn reaches(self, dir: &Path) -> bool {
        if !self.drops {
            return true;
        }
        let mut probe = Command::new("/bin/true");
        self.run_as(&mut probe);
        let probe = probe.current_dir(dir).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    }
}

fn server_user() -> Result<(u32, u32), LocalPgError> {
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    find_user(&accounts, SERVER_USER).ok_or(LocalPgError::AccountMissing)
}

/// The user id and group id of `name` among lines such as `postgres:x:101:104:…`.
fn find_user(accounts: &str, name: &str) -> Option<(u32, u32)> {
    accounts.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [found, _, uid, gid, ..] = fields.as_slice() else { return None };
        if *found == name { Some((uid.parse().ok()?, gid.parse().ok()?)) } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::find_user;

    #[test]
    fn a_user_is_found_by_its_whole_name_only() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\npostgres2:x:7:8::/:/bin/sh\npostgres:x:101:104::/:/bin/sh\n";
        assert_eq!(find_user(accounts, "postgres"), Some((101, 104)));
        assert_eq!(find_user(accounts, "postgre"), None);
    }
}
