//! Schema changes after the previous release only add: programs of that release run beside new ones while an upgrade
//! rolls, and after it was rolled back. What must go, goes in a later release, when nothing uses it any more.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::previous::released;
use crate::source::root;

/// What a statement must not have, and why.
const NEVER: [(&str, &str); 11] = [
    ("DROP TABLE", "old programs still use it"),
    ("DROP COLUMN", "old programs still use it"),
    ("DROP INDEX", "old programs may need it to be fast"),
    ("DROP CONSTRAINT", "old programs may rely on it"),
    ("DROP VIEW", "old programs still use it"),
    ("DROP DEFAULT", "old programs leave the column out"),
    ("DROP FUNCTION", "old programs may call it"),
    ("TRUNCATE TABLE", "data goes"),
    ("RENAME", "old programs know the old name"),
    ("SET NOT NULL", "old programs may write null"),
    ("SET DATA TYPE", "old programs know the old type, and the table is rewritten under a lock"),
];

/// Every schema change of crates and services: the folder, and what it does.
fn changes() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for top in ["crates", "services"] {
        for package in folders(root().join(top)) {
            for change in folders(package.join("migrations")) {
                let name = change.strip_prefix(root()).unwrap().display().to_string();
                assert!(change.join("down.sql").exists(), "{name} cannot be undone");
                found.push((name, fs::read_to_string(change.join("up.sql")).unwrap()));
            }
        }
    }
    assert!(found.len() >= 11, "{} changes", found.len());
    found
}

fn folders(of: PathBuf) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}

/// The statements in upper case, without comments, one blank between words.
fn statements(sql: &str) -> Vec<String> {
    let code: Vec<&str> = sql.lines().map(|line| line.split("--").next().unwrap()).collect();
    let texts = code.join(" ");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
    texts.split(';').map(words).filter(|text| !text.is_empty()).collect()
}

/// What is wrong with a change, given the tables that were there before it.
fn faults(sql: &str) -> Vec<String> {
    let statements = statements(sql);
    let made: BTreeSet<&str> =
        statements.iter().filter_map(|text| text.strip_prefix("CREATE TABLE ")?.split(' ').next()).collect();
    let mut found = Vec::new();
    for text in &statements {
        for (never, why) in NEVER {
            if text.contains(never) {
                found.push(format!("{never}: {why}"));
            }
        }
        let Some(altered) = text.strip_prefix("ALTER TABLE ") else { continue };
        if made.contains(altered.split(' ').next().unwrap()) {
            continue;
        }
        for clause in altered.split(',') {
            if clause.contains("NOT NULL") && !clause.contains("DEFAULT") {
                found.push("NOT NULL without a default: old programs leave the column out".to_owned());
            }
            if clause.contains("ALTER COLUMN") && clause.contains(" TYPE ") {
                found.push("TYPE: old programs know the old one, and the table is rewritten under a lock".to_owned());
            }
            if clause.contains("ADD CONSTRAINT") && !clause.contains("NOT VALID") {
                found.push("ADD CONSTRAINT without NOT VALID: the whole table is read under a lock".to_owned());
            }
        }
    }
    found
}

#[test]
fn schema_changes_after_the_previous_release_only_add() {
    let released: BTreeSet<&str> = released().into_iter().map(|(folder, _)| folder).collect();
    for (name, sql) in changes() {
        if !released.contains(name.as_str()) {
            assert_eq!(faults(&sql), Vec::<String>::new(), "{name}");
        }
    }
}

#[test]
fn numbers_of_schema_changes_are_given_once() {
    let numbers: Vec<String> = changes()
        .iter()
        .map(|(name, _)| name.rsplit('/').next().unwrap().split('_').next().unwrap().to_owned())
        .collect();
    let unique: BTreeSet<&String> = numbers.iter().collect();
    assert_eq!(unique.len(), numbers.len(), "two would be one to a database: {numbers:?}");
}

#[test]
fn a_change_that_takes_away_is_found() {
    for bad in [
        "DROP TABLE tickets;",
        "ALTER TABLE tickets\n    DROP COLUMN subject;",
        "alter table tickets rename column a to b;",
        "ALTER TABLE tickets ADD COLUMN a text NOT NULL;",
        "ALTER TABLE tickets ADD COLUMN a text DEFAULT 'x', ADD COLUMN b text NOT NULL;",
        "ALTER TABLE tickets ALTER COLUMN a SET NOT NULL;",
        "ALTER TABLE tickets ALTER COLUMN version TYPE integer;",
        "ALTER TABLE tickets ADD CONSTRAINT c CHECK (version > 0);",
    ] {
        assert!(!faults(bad).is_empty(), "{bad}");
    }
    for good in [
        "CREATE TABLE a (b text NOT NULL);\nALTER TABLE a ADD CONSTRAINT c CHECK (b <> '');",
        "ALTER TABLE tickets ADD COLUMN a boolean NOT NULL DEFAULT false; -- never DROP TABLE",
        "CREATE INDEX i ON tickets (a);",
    ] {
        assert!(faults(good).is_empty(), "{good}: {:?}", faults(good));
    }
}
