//! The runbook has an entry for each alert, and for nothing else that looks like one.

use std::collections::BTreeSet;

use crate::repository::read;

#[test]
fn every_alert_has_an_entry_in_the_runbook() {
    let rules = read("deploy/alerts/crossdesk.yaml");
    let alerts: BTreeSet<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let runbook = read("docs/OPERATIONS.md");
    let entries: BTreeSet<&str> = runbook
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .filter(|heading| heading.starts_with("Crossdesk"))
        .collect();
    assert!(alerts.len() > 10, "the alerts were found: {alerts:?}");
    assert_eq!(alerts, entries);
}
