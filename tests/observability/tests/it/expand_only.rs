//! Schema changes after the previous release only add: programs of that release run beside new ones while an upgrade
//! rolls, and after it was rolled back. What must go, goes in a later release, when nothing uses it any more.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::previous::released;
use crate::source::root;

/// What a statement must not have, and why.
const NEVER: [(&str, &str); 12] = [
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
    ("DO $", "nobody sees here what it does"),
    ("SET DATA TYPE", "old programs know the old type, and the table is rewritten under a lock"),
];

/// Statements about a table that was there before, with which old programs may not get along: how they begin, and why.
const NOT_OF_OTHERS: [(&str, &str); 4] = [
    ("UPDATE ", "old programs go on writing rows as they were, and wait for the locks; let the new program fill them"),
    ("DELETE FROM ", "old programs may still read the rows"),
    ("CREATE UNIQUE INDEX ", "old programs may write what it refuses"),
    ("CREATE TRIGGER ", "old programs may write what it refuses"),
];

/// Changes that do more than add, what of the above they do, and why that is no harm. Each is needed, or it goes.
const EXCEPTIONS: [(&str, &[&str], &str); 1] = [(
    "services/mas-gateway/migrations_simulator/2026-11-21-000066_effect_keys",
    &["DROP CONSTRAINT", "UPDATE", "ADD PRIMARY KEY"],
    "the simulator plays MAS for demonstrations: it is one process that is never deployed beside an older one, and no \
     overlay of k8s has it",
)];

/// Every schema change of crates and services: the folder, and what it does.
fn changes() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for top in ["crates", "services"] {
        for package in folders(root().join(top)) {
            // A package of several services has a folder for each.
            for change in folders(package).into_iter().filter(|folder| is_of_changes(folder)).flat_map(folders) {
                let name = change.strip_prefix(root()).unwrap().display().to_string();
                assert!(change.join("down.sql").exists(), "{name} cannot be undone");
                found.push((name, fs::read_to_string(change.join("up.sql")).unwrap()));
            }
        }
    }
    assert!(found.len() >= 15, "{} changes", found.len());
    found
}

fn is_of_changes(folder: &Path) -> bool {
    folder.file_name().unwrap().to_string_lossy().starts_with("migrations")
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
        found.extend(changes_what_others_use(text, &made));
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
            for key in ["ADD PRIMARY KEY", "ADD UNIQUE"] {
                if clause.contains(key) {
                    found.push(format!("{key}: old programs may write what it refuses"));
                }
            }
            if clause.contains("ADD CONSTRAINT") && !clause.contains("NOT VALID") {
                found.push("ADD CONSTRAINT without NOT VALID: the whole table is read under a lock".to_owned());
            }
        }
    }
    found
}

/// What is wrong with a statement that is about rows, an index or a trigger of a table which was there before.
fn changes_what_others_use(text: &str, made: &BTreeSet<&str>) -> Option<String> {
    // Behind `WITH` the table is not looked for: rows that are made by one are those of `INSERT`.
    let (start, why) = NOT_OF_OTHERS.into_iter().find(|(start, _)| {
        text.starts_with(start) || text.starts_with("WITH ") && text.contains(&format!(" {start}"))
    })?;
    let rest = text.strip_prefix(start).unwrap_or_default();
    let place = if start.starts_with("CREATE") { rest.split_once(" ON ").map_or("", |(_, rest)| rest) } else { rest };
    let table = place.trim_start_matches("ONLY ").split([' ', '(']).next().unwrap_or_default();
    (!made.contains(table)).then(|| format!("{}: {why}", start.trim_end()))
}

#[test]
fn schema_changes_after_the_previous_release_only_add() {
    let released: BTreeSet<&str> = released().into_iter().map(|(folder, _)| folder).collect();
    for (name, sql) in changes() {
        if !released.contains(name.as_str()) {
            let excused =
                EXCEPTIONS.iter().find(|(folder, ..)| *folder == name).map_or(&[][..], |(_, faults, _)| faults);
            let found = faults(&sql);
            let kinds: Vec<&str> = found.iter().map(|fault| fault.split(':').next().unwrap()).collect();
            let (kinds, wanted) = (BTreeSet::from_iter(kinds), BTreeSet::from_iter(excused.iter().copied()));
            assert_eq!(kinds, wanted, "{name}: {found:?}");
        }
    }
}

#[test]
fn every_folder_of_schema_changes_is_read_and_every_exception_is_one() {
    let names: Vec<String> = changes().into_iter().map(|(name, _)| name).collect();
    for folder in ["mas-gateway/migrations/", "mas-gateway/migrations_bridge/", "mas-gateway/migrations_simulator/"] {
        assert!(names.iter().any(|name| name.contains(folder)), "{folder} is not read: {names:?}");
    }
    for (folder, ..) in EXCEPTIONS {
        assert!(names.iter().any(|name| name == folder), "{folder} is gone");
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
        "ALTER TABLE tickets ADD PRIMARY KEY (b);",
        "UPDATE tickets SET state = 'open';",
        "WITH old AS (SELECT 1) UPDATE tickets SET state = 'open';",
        "DELETE FROM tickets WHERE version = 0;",
        "CREATE TABLE a (b text);\nCREATE UNIQUE INDEX i ON tickets (b);",
        "CREATE TRIGGER t BEFORE INSERT ON tickets EXECUTE FUNCTION f();",
        "DO $$ BEGIN DELETE FROM tickets; END $$;",
    ] {
        assert!(!faults(bad).is_empty(), "{bad}");
    }
    for good in [
        "CREATE TABLE a (b text NOT NULL);\nALTER TABLE a ADD CONSTRAINT c CHECK (b <> '');",
        "ALTER TABLE tickets ADD COLUMN a boolean NOT NULL DEFAULT false; -- never DROP TABLE",
        "CREATE INDEX i ON tickets (a);",
        "CREATE TABLE a (b text);\nCREATE UNIQUE INDEX i ON a (b);\nUPDATE a SET b = '';\nDELETE FROM a;",
        "CREATE TABLE a (b text); CREATE TRIGGER t BEFORE UPDATE OR DELETE ON a EXECUTE FUNCTION f();",
    ] {
        assert!(faults(good).is_empty(), "{good}: {:?}", faults(good));
    }
}
