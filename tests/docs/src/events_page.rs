//! docs/EVENTS.md: the words stand here, the tables and examples come from the code.

use std::fmt::Write as _;

use domain::Line;
use serde_json::{Map, Value};

use crate::envelopes::{Example, examples, members};
use crate::mas;
use crate::topology::{Declared, exchanges, queues};

const HEAD: &str = include_str!("events_page/head.md");
const RULES: &str = include_str!("events_page/rules.md");
const MAS: &str = include_str!("events_page/mas.md");

/// The page.
#[must_use]
pub fn page() -> String {
    let examples = examples();
    let mut page = HEAD.to_owned();
    // A `String` takes every write.
    let _ = write!(page, "\n## Exchanges\n\n{}\n## Queues\n\n{}\n", exchange_table(), queue_table());
    page.push_str(RULES);
    let _ = write!(page, "\n## Types of events\n\nThe members beyond the common ones.\n\n{}\n", type_table(&examples));
    let lines: Vec<String> = Line::ALL.iter().map(|line| format!("`{line}`")).collect();
    let _ = writeln!(page, "Lines: {}. The routing key of an event is `<line>.<type>`.\n", lines.join(", "));
    page.push_str("## Examples\n");
    for example in &examples {
        let body = serde_json::to_string(&example.envelope).unwrap_or_default();
        let _ = write!(page, "\n### {}\n\n```json\n{body}\n```\n", example.envelope.kind);
    }
    let _ = write!(
        page,
        "\n{}",
        MAS.replace("COMMAND", &mas::command().to_string()).replace("RESULT", &mas::result().to_string())
    );
    page
}

fn exchange_table() -> String {
    let rows = exchanges().into_iter().map(|exchange| {
        let alternate = exchange.arguments.get("alternate-exchange").and_then(Value::as_str);
        let alternate = alternate.map(|name| format!("`{name}`")).unwrap_or_default();
        format!("| `{}` | {} | {alternate} |", exchange.name, exchange.kind)
    });
    table("| exchange | type | what no queue wants goes to |\n|---|---|---|", rows)
}

fn queue_table() -> String {
    let rows = queues().into_iter().map(|queue| {
        let (exchange, key) = queue.binding.clone().unwrap_or_default();
        let key = if key.is_empty() { String::new() } else { format!(", `{key}`") };
        format!("| `{}` | `{exchange}`{key} | {} | {} |", queue.name, queue.reader, arguments(&queue))
    });
    table("| queue | bound to | read by | arguments |\n|---|---|---|---|", rows)
}

fn arguments(queue: &Declared) -> String {
    let sorted: std::collections::BTreeMap<&String, &Value> = queue.arguments.iter().collect();
    let texts = sorted.into_iter().map(|(name, value)| format!("`{name}: {}`", value.to_string().replace('"', "")));
    texts.collect::<Vec<_>>().join(" ")
}

fn type_table(examples: &[Example]) -> String {
    let rows = examples.iter().map(|example| {
        let names: Vec<String> = Map::keys(&members(&example.event)).map(|name| format!("`{name}`")).collect();
        format!("| `{}` | {} | {} |", example.envelope.kind, names.join(", "), example.about)
    });
    table("| type | members | when |\n|---|---|---|", rows)
}

fn table(head: &str, rows: impl Iterator<Item = String>) -> String {
    let rows: String = rows.map(|row| row + "\n").collect();
    format!("{head}\n{rows}")
}
