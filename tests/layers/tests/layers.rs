//! A crate uses only what stands above it, and services never depend on services (docs/ARCHITECTURE.md).
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// The layers, lowest first. A crate may use those of lower layers.
const LAYERS: [&[&str]; 6] = [
    &["domain", "conversation"],
    &["tls"],
    &["storage", "auth", "telemetry", "localpg"],
    &["messaging", "web"],
    &["chassis"],
    &["testkit"],
];

/// The one program that may know all services; tests may, too.
const HOST: &str = "crossdesk";

fn workspace() -> (Vec<Package>, String) {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec().unwrap();
    (metadata.packages, metadata.workspace_root.to_string())
}

fn is_service(package: &Package, root: &str) -> bool {
    package.manifest_path.as_str().starts_with(&format!("{root}/services/"))
}

#[test]
fn crates_use_only_what_stands_above_them() {
    let (packages, root) = workspace();
    let layer: BTreeMap<&str, usize> =
        LAYERS.iter().enumerate().flat_map(|(layer, names)| names.iter().map(move |name| (*name, layer))).collect();
    let services: Vec<&str> =
        packages.iter().filter(|package| is_service(package, &root)).map(|package| package.name.as_str()).collect();
    assert!(services.contains(&HOST), "the host was found");
    for package in &packages {
        let uses = package.dependencies.iter().filter(|used| used.kind == DependencyKind::Normal);
        for used in uses.map(|used| used.name.as_str()) {
            let package_name = package.name.as_str();
            if services.contains(&used) {
                let may = package_name == HOST || package.manifest_path.as_str().starts_with(&format!("{root}/tests/"));
                assert!(may, "{package_name} uses the service {used}");
            }
            if let (Some(mine), Some(theirs)) = (layer.get(package_name), layer.get(used)) {
                assert!(theirs < mine, "{package_name} uses {used}, which does not stand above it");
            }
            if services.contains(&package_name) {
                assert!(used != "testkit", "{package_name} ships the test kit");
            }
        }
    }
}

#[test]
fn every_crate_of_ours_is_in_a_layer() {
    let (packages, root) = workspace();
    for package in
        packages.iter().filter(|package| package.manifest_path.as_str().starts_with(&format!("{root}/crates/")))
    {
        let known = LAYERS.iter().any(|names| names.contains(&package.name.as_str()));
        assert!(known, "{} has no layer", package.name);
    }
}

#[test]
fn mains_are_four_lines_and_files_stay_short() {
    let (packages, root) = workspace();
    for package in &packages {
        let folder = package.manifest_path.parent().unwrap();
        let main = folder.join("src/main.rs");
        if is_service(package, &root) {
            let lines = fs::read_to_string(&main).unwrap().lines().count();
            assert!(lines <= 4, "{main} has {lines} lines");
        }
        for (file, lines) in rust_files(folder.as_std_path()) {
            assert!(lines <= 500, "{file} has {lines} lines: 500 is a bug");
        }
    }
}

/// The Rust files below a folder with their numbers of lines.
fn rust_files(folder: &Path) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap().lines().count()));
        }
    }
    found
}
