//! The list of metrics and the code that records them agree, read from the source.

use std::collections::{BTreeMap, BTreeSet};

use telemetry::names::{ALL, MetricKind};

use crate::source;

/// Where a metric is recorded.
#[derive(Debug)]
struct Recorded {
    place: String,
    kind: &'static str,
    constant: String,
    labels: BTreeSet<String>,
}

/// The one crate that cannot see the list, and the list's name for what it records.
const BESIDE: (&str, &str) = ("POOL_WAIT", "DB_POOL_WAIT_SECONDS");

/// Every `counter!`, `gauge!` and `histogram!` of the programs.
fn recorded() -> Vec<Recorded> {
    let mut found = Vec::new();
    for (path, text) in source::programs() {
        for kind in ["counter", "gauge", "histogram"] {
            for (at, opening) in text.match_indices(&format!("{kind}!(")) {
                let described = text[..at].ends_with("describe_");
                if !described {
                    found.push(read(path.display().to_string(), kind, arguments(&text[at + opening.len()..])));
                }
            }
        }
    }
    assert!(found.len() >= 40, "{} places", found.len());
    found
}

/// What stands before the closing parenthesis.
fn arguments(text: &str) -> &str {
    let mut depth = 1;
    for (at, character) in text.char_indices() {
        depth += match character {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        if depth == 0 {
            return &text[..at];
        }
    }
    panic!("no end: {text}")
}

fn read(place: String, kind: &'static str, arguments: &str) -> Recorded {
    let (name, rest) = arguments.split_once(',').unwrap_or((arguments, ""));
    let constant = name.trim().rsplit("::").next().unwrap();
    let constant = if constant == BESIDE.0 { BESIDE.1 } else { constant };
    let mut before_arrows: Vec<&str> = rest.split("=>").collect();
    before_arrows.pop();
    let label = |before: &str| before.trim_end().strip_suffix('"').unwrap().rsplit('"').next().unwrap().to_owned();
    let labels = before_arrows.into_iter().map(label).collect();
    Recorded { place, kind, constant: constant.to_owned(), labels }
}

#[test]
fn every_metric_of_the_list_is_recorded_somewhere() {
    let constants: BTreeSet<String> = recorded().into_iter().map(|found| found.constant).collect();
    let missing: Vec<_> = ALL.iter().map(|metric| metric.constant).filter(|name| !constants.contains(*name)).collect();
    assert!(missing.is_empty(), "listed and never recorded: {missing:?}");
}

#[test]
fn everything_recorded_is_listed_with_its_kind_and_its_labels() {
    let listed: BTreeMap<&str, _> = ALL.iter().map(|metric| (metric.constant, metric)).collect();
    for found in recorded() {
        let metric = listed.get(found.constant.as_str());
        let metric = metric.unwrap_or_else(|| panic!("{} is not in the list: {}", found.constant, found.place));
        assert_eq!(metric.kind.word(), found.kind, "{found:?}");
        let mut labels: BTreeSet<String> = metric.labels.iter().map(|label| (*label).to_owned()).collect();
        labels.insert("service".to_owned());
        assert_eq!(found.labels, labels, "{} in {}", found.constant, found.place);
    }
}

#[test]
fn names_stand_in_the_list_and_nowhere_else() {
    for (path, text) in source::programs() {
        let path = path.display().to_string();
        if path.ends_with("telemetry/src/names.rs") {
            continue;
        }
        for metric in ALL {
            let beside = path.ends_with("storage/src/db.rs") && metric.constant == BESIDE.1;
            assert!(
                beside || !text.contains(&format!("\"{}\"", metric.name)),
                "{path} has a name of its own for {}",
                metric.name
            );
        }
    }
}

#[test]
fn no_label_is_of_a_kind_that_grows() {
    for metric in ALL {
        for label in metric.labels {
            let grows = ["id", "path", "url", "subject", "user", "ticket", "key"].contains(label);
            assert!(!grows, "{} has the label {label}", metric.name);
        }
        if metric.kind == MetricKind::Histogram {
            assert!(metric.labels.len() <= 2, "{} has too many series", metric.name);
        }
    }
}
