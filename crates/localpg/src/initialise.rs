//! Makes a cluster's data folder, all of it or none: `initdb` works in a sibling folder that gets its final name
//! only when complete, so a program killed in the middle leaves nothing that the next start could take for a cluster.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use tokio::process::Command;

use crate::LocalPgError;
use crate::account::Account;
use crate::error::refused;
use crate::place::Place;
use crate::programs::Programs;
use crate::{leftover, settings};

/// The end of what `initdb` printed that an error shows, in bytes.
const OUTPUT_SHOWN: usize = 4000;

/// Makes `place`'s data folder unless it exists.
pub(crate) async fn ensure(place: &Place, programs: &Programs, durable: bool) -> Result<(), LocalPgError> {
    let data = place.data();
    if data.join("PG_VERSION").is_file() {
        return Ok(());
    }
    let started = Instant::now();
    let new = place.dir.join("data.new");
    if new.exists() {
        leftover::stop_unfinished(&new).await?;
        fs::remove_dir_all(&new).map_err(refused("remove the unfinished", &new))?;
    }
    DirBuilder::new().mode(0o700).create(&new).map_err(refused("make", &new))?;
    place.account.own(&new)?;

    initdb(programs, place.account, &new, Mode::Make).await?;
    let main = new.join("postgresql.conf");
    let mut file = OpenOptions::new().append(true).open(&main).map_err(refused("open", &main))?;
    file.write_all(settings::INCLUDE.as_bytes()).map_err(refused("write", &main))?;
    drop(file);
    if durable {
        // Once at the end: thousands of small waits inside initdb become one.
        initdb(programs, place.account, &new, Mode::Sync).await?;
    }
    // An empty folder that somebody made in advance gives way; a full one makes the rename fail.
    fs::rename(&new, &data).map_err(refused("finish", &data))?;
    if durable {
        File::open(&place.dir).and_then(|dir| dir.sync_all()).map_err(refused("write to the disk", &place.dir))?;
    }
    tracing::info!(dir = %data.display(), elapsed_ms = elapsed_ms(started), "made a PostgreSQL cluster");
    Ok(())
}

/// Whole milliseconds since `started`.
pub(crate) fn elapsed_ms(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[derive(Clone, Copy)]
enum Mode {
    Make,
    Sync,
}

async fn initdb(programs: &Programs, account: Account, data: &Path, mode: Mode) -> Result<(), LocalPgError> {
    let mut command = programs.command("initdb");
    account.run_as(&mut command);
    command.arg("-D").arg(data).current_dir(data);
    match mode {
        // Trust is safe: the only way in is a socket in a folder of mode 0700.
        Mode::Make => command.args(["--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]).args([
            "--auth-local=trust",
            "--auth-host=reject",
            "--no-instructions",
        ]),
        Mode::Sync => command.arg("--sync-only"),
    };
    let mut command = Command::from(command);
    let command = command.stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.map_err(refused("run initdb for", data))?;
    if output.status.success() {
        return Ok(());
    }
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    Err(LocalPgError::Initialise { status: output.status, output: end_of(&text, OUTPUT_SHOWN) })
}

/// The last `bytes` of `text`, cut at a character.
pub(crate) fn end_of(text: &str, bytes: usize) -> String {
    let from = (text.len().saturating_sub(bytes)..=text.len()).find(|at| text.is_char_boundary(*at));
    text[from.unwrap_or(0)..].trim().to_owned()
}
