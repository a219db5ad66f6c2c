//! Invariant 7: the bytes of every acknowledged upload are there, and are what was sent.

use std::collections::BTreeMap;

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use super::{Verdict, connect};
use crate::history::{History, Kind};
use crate::stack::Stack;

pub(super) async fn check(stack: &Stack, history: &History, verdict: &mut Verdict) -> Result<()> {
    let client = connect(&stack.postgres, "crossdesk_attachments").await?;
    let rows = client.query("SELECT file_id::text, sha256, size_bytes FROM files", &[]).await?;
    let files: BTreeMap<String, (Vec<u8>, i64)> =
        rows.iter().map(|row| (row.get::<_, String>(0).replace('-', ""), (row.get(1), row.get(2)))).collect();
    let stored = stored(&stack.dir.path().join("files"));
    for entry in history.acknowledged("attachments", Kind::Upload) {
        verdict.compared += 1;
        let id = entry.id.as_deref().and_then(|id| id.strip_prefix("file_")).unwrap_or_default().to_owned();
        match files.get(&id) {
            None => verdict.lost.push(format!("the file {id} of {}", entry.marker)),
            // The client sends its marker as the text of the file.
            Some((hash, _)) if hash[..] != Sha256::digest(entry.marker.as_bytes())[..] => {
                verdict.other.push(format!("the file {id} has another hash than what was sent"));
            }
            Some(_) => {}
        }
    }
    for (id, (hash, size)) in &files {
        let bytes = stored.iter().find(|(name, _)| name.replace('-', "").contains(id)).map(|(_, bytes)| bytes);
        match bytes {
            None => verdict.lost.push(format!("the bytes of file {id}")),
            Some(bytes) if bytes.len() as i64 != *size || Sha256::digest(bytes)[..] != hash[..] => {
                verdict.other.push(format!("the bytes of file {id} are not those of its record"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// Names and bytes of everything in the store.
fn stored(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(stored(&path));
        } else if let Ok(bytes) = std::fs::read(&path) {
            found.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), bytes));
        }
    }
    found
}
