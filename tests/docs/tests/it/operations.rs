//! The README's table has a row for each operation of each line, of the desk and of the gateway: no fewer and no more.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::repository::{read, root};

/// Where the table begins.
const HEADING: &str = "## Every operation";

#[test]
fn the_table_has_a_row_for_every_operation_and_no_other() {
    let readme = read("README.md");
    let (_, table) = readme.split_once(HEADING).unwrap();
    let table = table.split("\n## ").next().unwrap();
    let mut rows = BTreeSet::new();
    for cells in table.lines().filter_map(|line| line.strip_prefix("| `")).map(|line| line.split('|')) {
        let cells: Vec<&str> = cells.map(str::trim).collect();
        let operation = cells[0].trim_matches('`').to_owned();
        assert!(
            cells[1].parse::<u16>().is_ok() || cells[1].contains(','),
            "{operation}: the code of success: {cells:?}"
        );
        assert_is_a_test(cells[4], &operation);
        assert!(rows.insert(operation.clone()), "{operation} has two rows");
    }
    assert_eq!(rows, operations());
}

/// A link whose text is the name of a test in the file it leads to.
fn assert_is_a_test(link: &str, operation: &str) {
    let (name, file) = link.trim_start_matches("[`").trim_end_matches(')').split_once("`](").unwrap();
    let is_there = read(file).contains(&format!("fn {name}("));
    assert!(is_there, "{operation}: {file} has no test {name}");
}

/// Every operation that a service describes, with its path at the gateway.
fn operations() -> BTreeSet<String> {
    let mut operations = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("services")).unwrap().map(Result::unwrap) {
        let Ok(text) = std::fs::read_to_string(entry.path().join("openapi.json")) else { continue };
        let document: Value = serde_json::from_str(&text).unwrap();
        let is_mobility = entry.file_name() == "mobility-support";
        for (path, item) in document["paths"].as_object().unwrap() {
            let methods =
                item.as_object().unwrap().iter().filter(|(_, operation)| operation.get("responses").is_some());
            for (method, _) in methods {
                let prefix = if is_mobility && !is_also_at_the_root(path) { "/tomp/v2" } else { "" };
                operations.insert(format!("{} {prefix}{path}", method.to_uppercase()));
            }
        }
    }
    assert!(operations.len() > 50, "{operations:?}");
    operations
}

/// Mobility's paths that clients also reach without the prefix.
fn is_also_at_the_root(path: &str) -> bool {
    ["/collections", "/processes", "/conformance"].iter().any(|start| path.starts_with(start))
}
