//! The source of the programs, without their tests.

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Path and text of every source file of crates and services.
pub(crate) fn programs() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for top in ["crates", "services"] {
        for package in fs::read_dir(root().join(top)).unwrap().map(|entry| entry.unwrap().path()) {
            // The kit of the tests is no program.
            if !package.ends_with("testkit") {
                collect(&package.join("src"), &mut found);
            }
        }
    }
    assert!(found.len() > 200, "{} files", found.len());
    found
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for path in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            collect(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text.split("#[cfg(test)]").next().unwrap().to_owned()));
        }
    }
}
