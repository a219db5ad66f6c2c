use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;

use super::{ALL, MetricKind};

/// The list for operators.
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/METRICS.md");

#[test]
fn every_name_is_unique_prefixed_and_equal_to_its_constant() {
    for metric in ALL {
        assert_eq!(metric.name, format!("crossdesk_{}", metric.constant.to_lowercase()));
    }
    let unique: HashSet<_> = ALL.iter().map(|metric| metric.name).collect();
    assert_eq!(unique.len(), ALL.len());
}

#[test]
fn names_tell_the_kind_and_the_unit() {
    for metric in ALL {
        assert_eq!(metric.name.ends_with("_total"), metric.kind == MetricKind::Counter, "{}", metric.name);
        if metric.kind == MetricKind::Histogram {
            assert!(metric.name.ends_with("_seconds"), "{} has no buckets", metric.name);
        }
        let meaning = metric.meaning();
        assert!(meaning.ends_with('.') && !meaning.contains('|') && !meaning.contains("  "), "{}", metric.name);
    }
}

#[test]
fn the_document_says_what_the_list_says() {
    let path = Path::new(DOCUMENT);
    let wanted = document();
    #[expect(clippy::disallowed_methods, reason = "how whoever changes the list has the document written")]
    if std::env::var("UPDATE_METRICS").is_ok() {
        std::fs::write(path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, wanted, "run `UPDATE_METRICS=1 cargo test -p telemetry names`");
}

fn document() -> String {
    let mut text = "# Metrics\n\nWritten by a test from `crates/telemetry/src/names.rs`; change that file and run \
                    `UPDATE_METRICS=1 cargo test -p telemetry names`.\n\nEvery program serves these as Prometheus text \
                    on `http.admin_port` under `/metrics`; `make run` does at the gateway, too. Every metric has the \
                    label `service`. Names change like an API: only with notice. A metric appears once there is \
                    something to say, so a service without MAS shows no MAS.\n\nBuckets of histograms in seconds: \
                    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10.\n\n\
                    | name | kind | labels | meaning |\n|---|---|---|---|\n"
        .to_owned();
    for metric in ALL {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        let (name, kind, labels) = (metric.name, metric.kind.word(), labels.join(", "));
        writeln!(text, "| `{name}` | {kind} | {labels} | {} |", metric.meaning()).unwrap();
    }
    text
}
