//! The commands that documents tell people to run exist.

use std::collections::BTreeSet;

use crate::repository::{documents, read};

#[test]
fn every_make_target_that_a_document_names_exists() {
    let makefile = read("Makefile");
    let targets: BTreeSet<&str> = makefile
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
        .filter_map(|line| line.split_once(':').map(|(target, _)| target))
        .collect();
    assert!(targets.contains("run") && targets.contains("test"), "{targets:?}");
    let unknown: Vec<String> =
        mentioned("make ").filter(|(_, word)| !targets.contains(word.as_str())).map(show).collect();
    assert_eq!(unknown, Vec::<String>::new());
}

#[test]
fn every_subcommand_that_a_document_names_exists() {
    let source = read("services/crossdesk/src/lib.rs");
    let (_, command) = source.split_once("enum Command {").unwrap();
    let (variants, _) = command.split_once("\n}").unwrap();
    let known: BTreeSet<String> = variants
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|line| line.chars().take_while(char::is_ascii_alphanumeric).collect::<String>())
        .map(|variant| kebab(&variant))
        .collect();
    assert!(known.contains("serve") && known.contains("events"), "{known:?}");
    // `k8s/operate` runs it in a cluster; the namespace may come first.
    let in_cluster: Vec<_> = mentioned("operate ").filter(|(_, word)| !word.starts_with('-')).collect();
    assert!(in_cluster.len() >= 4, "{in_cluster:?}");
    // `crossdesk ready` is what it prints, and no command.
    let named = mentioned("crossdesk ").chain(in_cluster).filter(|(_, word)| word != "ready");
    let unknown: Vec<String> = named.filter(|(_, word)| !known.contains(word)).map(show).collect();
    assert_eq!(unknown, Vec::<String>::new());
}

fn kebab(variant: &str) -> String {
    let mut text = String::new();
    for (index, c) in variant.chars().enumerate() {
        if c.is_ascii_uppercase() && index > 0 {
            text.push('-');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

/// The words after a program's name, where it stands in backticks, at the start of a line of code, or behind a path.
fn mentioned(program: &str) -> impl Iterator<Item = (String, String)> {
    documents().into_iter().flat_map(move |(place, text)| {
        let mut words = Vec::new();
        let mut is_code = false;
        for line in text.lines() {
            is_code ^= line.trim_start().starts_with("```");
            for (at, _) in line.match_indices(program) {
                let before = line[..at].chars().next_back();
                let starts = before.is_none() && is_code || matches!(before, Some('`' | '/' | '('));
                let word: String = line[at + program.len()..].chars().take_while(|c| is_of_a_word(*c)).collect();
                if starts && !word.is_empty() {
                    words.push((place.display().to_string(), word));
                }
            }
        }
        words
    })
}

fn is_of_a_word(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

fn show((place, word): (String, String)) -> String {
    format!("{place}: {word}")
}
