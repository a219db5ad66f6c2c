//! Every link of a document leads somewhere, and every path it names exists.

use std::collections::BTreeSet;
use std::path::Path;

use crate::repository::{documents, prose, root};

/// Folders at the top of the repository: a text in backticks that begins with one names a path.
const TOP: [&str; 6] = ["crates/", "services/", "tests/", "deploy/", "k8s/", "docs/"];

#[test]
fn every_relative_link_leads_somewhere() {
    let mut broken = BTreeSet::new();
    let mut count = 0;
    for (place, text) in documents() {
        for target in links(&prose(&text)) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            count += 1;
            let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let file = if path.is_empty() { place.clone() } else { place.parent().unwrap().join(path) };
            if !file.exists() || !has_heading(&file, anchor) {
                broken.insert(format!("{}: {target}", shown(&place)));
            }
        }
    }
    assert!(count > 200, "links were found: {count}");
    assert_eq!(broken, BTreeSet::new());
}

#[test]
fn every_path_that_a_document_names_exists() {
    let mut missing = BTreeSet::new();
    for (place, text) in documents() {
        for name in prose(&text).split('`').skip(1).step_by(2) {
            let is_pattern = name.contains(['*', '<', '{', ' ', '…', '$']);
            let is_path = name.starts_with("src/") || TOP.iter().any(|top| name.starts_with(top));
            if is_path && !is_pattern && !exists(&place, name) {
                missing.insert(format!("{}: {name}", shown(&place)));
            }
        }
    }
    assert_eq!(missing, BTreeSet::new());
}

#[test]
fn headings_become_anchors_as_readers_of_markdown_make_them() {
    assert_eq!(anchor("## What is where"), "what-is-where");
    assert_eq!(anchor("### `CrossdeskErrors`: 5xx, more than 2 %"), "crossdeskerrors-5xx-more-than-2-");
}

#[test]
fn every_test_that_a_document_names_beside_its_file_is_there() {
    let mut count = 0;
    for (place, text) in documents() {
        for (before, after) in text.match_indices("` in [").map(|(at, _)| text.split_at(at)) {
            let name = before.rsplit('`').next().unwrap();
            let (_, target) = after.split_once("](").unwrap();
            let file = place.parent().unwrap().join(target.split_once(')').unwrap().0);
            let source = std::fs::read_to_string(&file).unwrap();
            assert!(source.contains(&format!("fn {name}(")), "{}: no test {name} in {}", shown(&place), shown(&file));
            count += 1;
        }
    }
    assert!(count > 5, "tests were found: {count}");
}

/// A path is named from the top, from the document's folder, or, in what is said of every service, from theirs.
fn exists(place: &Path, name: &str) -> bool {
    let services = std::fs::read_dir(root().join("services")).unwrap().map(|entry| entry.unwrap().path());
    let mut folders = services.chain([root(), place.parent().unwrap().to_owned()]);
    folders.any(|folder| folder.join(name).exists())
}

/// The targets of the links in a text.
fn links(text: &str) -> Vec<String> {
    let after = text.split("](").skip(1);
    after.filter_map(|rest| rest.split_once(')').map(|(target, _)| target.to_owned())).collect()
}

fn has_heading(file: &Path, wanted: &str) -> bool {
    let is_document = file.extension().is_some_and(|extension| extension == "md");
    if wanted.is_empty() || !is_document {
        return true;
    }
    let text = std::fs::read_to_string(file).unwrap();
    prose(&text).lines().filter(|line| line.starts_with('#')).any(|line| anchor(line) == wanted)
}

/// Lower case, hyphens for spaces, nothing but letters, digits, hyphens and underscores.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn shown(place: &Path) -> String {
    place.strip_prefix(root()).unwrap_or(place).display().to_string()
}
