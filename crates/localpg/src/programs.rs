//! Where PostgreSQL's programs are.
//!
//! Debian keeps the server programs outside `PATH`, one folder per major version, and several versions may be
//! installed at once. A cluster can only be opened by the major version that made it, so the search goes on until
//! one fits. `deploy/local/setup` may also have unpacked them into a `tools` folder of our own, libraries included.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::LocalPgError;

/// Below the file system's root, or below a `tools` folder.
const DEBIAN_VERSIONS: &str = "usr/lib/postgresql";

/// One installed PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    bin: PathBuf,
    major: u32,
    libraries: Option<OsString>,
}

impl Programs {
    /// The folder of `postgres`, `initdb` and, in Debian's packages, `psql` and `pgbench`.
    #[must_use]
    pub fn bin(&self) -> &Path {
        &self.bin
    }

    /// The major version, such as 15.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.major
    }

    /// Debian's builds have LZ4 from version 15 on; of other builds nothing is known.
    pub(crate) fn have_lz4(&self) -> bool {
        const FIRST_WITH_LZ4_FOR_WAL: u32 = 15;
        let debian =
            self.bin.parent().and_then(Path::parent).is_some_and(|versions| versions.ends_with(DEBIAN_VERSIONS));
        debian && self.major >= FIRST_WITH_LZ4_FOR_WAL
    }

    /// A command of this installation with a clean environment: `PGOPTIONS`, `PGPORT`, `LC_ALL` or `TZ` of the caller
    /// must not change what a cluster is like.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        command(&self.bin, program, self.libraries.as_ref())
    }
}

/// Finds PostgreSQL in `PATH`, in Debian's folders (the newest first) or with `pg_config`.
///
/// # Errors
///
/// [`LocalPgError::ProgramsMissing`], which says what to install.
pub fn find_programs() -> Result<Programs, LocalPgError> {
    search(None, None).map_err(|_| LocalPgError::ProgramsMissing)
}

/// As [`find_programs`], and then in the folder `tools` beside the cluster's folder `dir`.
///
/// # Errors
///
/// [`LocalPgError::ProgramsMissing`], which says what to install.
pub fn find_programs_beside(dir: &Path) -> Result<Programs, LocalPgError> {
    search(tools_beside(dir).as_deref(), None).map_err(|_| LocalPgError::ProgramsMissing)
}

/// The programs for the cluster in `dir`: any version if its `data` is still to be made.
pub(crate) fn find_for_data(dir: &Path, data: &Path) -> Result<Programs, LocalPgError> {
    let wanted = fs::read_to_string(data.join("PG_VERSION")).ok().and_then(|text| text.trim().parse().ok());
    search(tools_beside(dir).as_deref(), wanted).map_err(|found| match wanted {
        Some(wanted) if !found.is_empty() => {
            let found = found.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
            LocalPgError::WrongVersion { dir: data.to_owned(), wanted, found }
        }
        _ => LocalPgError::ProgramsMissing,
    })
}

fn tools_beside(dir: &Path) -> Option<PathBuf> {
    // Absolute, because the programs are run from another working folder.
    std::path::absolute(dir).ok()?.parent().map(|parent| parent.join("tools"))
}

/// The first installation of the `wanted` version, or the versions that were found instead.
fn search(tools: Option<&Path>, wanted: Option<u32>) -> Result<Programs, Vec<u32>> {
    let mut bins = in_path();
    bins.extend(in_debian_folders(Path::new("/")));
    bins.extend(tools.into_iter().flat_map(in_debian_folders));

    let mut others = Vec::new();
    for bin in bins {
        match identify(bin, tools) {
            Some(programs) if wanted.is_none_or(|wanted| wanted == programs.major) => return Ok(programs),
            Some(programs) => others.push(programs.major),
            None => {}
        }
    }
    // Last, because it is a slow script on Debian and elsewhere rarely knows more than `PATH` does.
    match from_pg_config() {
        Some(bin) => identify(bin, tools).filter(|found| wanted.is_none_or(|wanted| wanted == found.major)),
        None => None,
    }
    .ok_or(others)
}

fn in_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Through symbolic links: the server looks for its share folder beside the real program.
    std::env::split_paths(&path)
        .filter_map(|folder| fs::canonicalize(folder.join("postgres")).ok()?.parent().map(Path::to_owned))
        .collect()
}

fn in_debian_folders(root: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(root.join(DEBIAN_VERSIONS)) else { return Vec::new() };
    let mut versions: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    versions.into_iter().map(|(_, bin)| bin).collect()
}

fn from_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

fn identify(bin: PathBuf, tools: Option<&Path>) -> Option<Programs> {
    if !bin.join("postgres").is_file() || !bin.join("initdb").is_file() {
        return None;
    }
    let libraries = tools.filter(|tools| bin.starts_with(tools)).and_then(unpacked_libraries);
    let output = command(&bin, "postgres", libraries.as_ref()).arg("--version").output().ok()?;
    let major = major_version(&String::from_utf8_lossy(&output.stdout))?;
    Some(Programs { bin, major, libraries })
}

/// `postgres (PostgreSQL) 15.18 (Debian …)` is 15, `postgres (PostgreSQL) 19beta1` is 19.
fn major_version(line: &str) -> Option<u32> {
    let version = line.split_whitespace().nth(2)?;
    let digits = version.split(|character: char| !character.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// Unpacked programs need the libraries that were unpacked with them: `usr/lib/<machine>-linux-gnu`.
fn unpacked_libraries(tools: &Path) -> Option<OsString> {
    let folders = fs::read_dir(tools.join("usr/lib")).ok()?.flatten().map(|entry| entry.path());
    std::env::join_paths(folders.filter(|folder| folder.to_string_lossy().ends_with("-linux-gnu"))).ok()
}

fn command(bin: &Path, program: &str, libraries: Option<&OsString>) -> Command {
    let mut command = Command::new(bin.join(program));
    command.env_clear().env("LC_ALL", "C").env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
    if let Some(libraries) = libraries {
        command.env("LD_LIBRARY_PATH", libraries);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_releases_and_betas() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major_version("command not found"), None);
    }

    #[test]
    fn the_newest_version_comes_first_by_number_not_by_letters() {
        let root = tempfile::tempdir().unwrap();
        for version in ["9", "15", "100", "not-a-version"] {
            fs::create_dir_all(root.path().join(DEBIAN_VERSIONS).join(version).join("bin")).unwrap();
        }
        let found = in_debian_folders(root.path());
        let versions = root.path().join(DEBIAN_VERSIONS);
        assert_eq!(found, ["100", "15", "9"].map(|version| versions.join(version).join("bin")));
    }
}
