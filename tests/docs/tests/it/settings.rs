//! CONFIGURATION.md has every key that a program reads, and no other. Keys are read from the structs that read them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::repository::{read, root};

/// What stands before a struct's keys. `[]`: the struct is an element of that list.
const STRUCTS: [(&str, &str); 22] = [
    ("HttpConfig", "http"),
    ("DatabaseConfig", "database"),
    ("AmqpConfig", "amqp"),
    ("AuthConfig", "auth"),
    ("IssuerConfig", "auth.issuers[]"),
    ("LogConfig", "log"),
    ("TraceConfig", "telemetry"),
    ("FilesConfig", "files"),
    ("S3Config", "files.s3"),
    ("GatewayConfig", "gateway"),
    ("RouteConfig", "gateway.routes[]"),
    ("HelpdeskConfig", "helpdesk"),
    ("LiveConfig", "helpdesk.live"),
    ("LoanConfig", "loan"),
    ("Category", "loan.categories[]"),
    ("MasConfig", "mas"),
    ("ClientConfig", "mas.clients[]"),
    ("BridgeConfig", "mas.bridge"),
    ("SimulatorConfig", "mas.simulator"),
    ("MobilityConfig", "mobility"),
    ("EndpointConfig", "mobility.notify[]"),
    ("ToursConfig", "tours"),
];

/// Keys that are no fields of a struct.
const BARE: [&str; 4] = ["profile", "data_dir", "services.<name>", "databases.<name>"];

#[test]
fn every_key_is_documented_and_every_documented_key_exists() {
    let page = read("docs/CONFIGURATION.md");
    // Before the first heading stands how settings are written.
    let (_, tables) = page.split_once("\n## ").unwrap();
    let rows = tables.lines().filter_map(|line| line.strip_prefix("| `")).map(|row| row.split(" |").next().unwrap());
    let documented: BTreeSet<String> =
        rows.flat_map(|cell| cell.split('`').step_by(2)).filter(|key| !key.is_empty()).map(str::to_owned).collect();
    assert_eq!(documented, keys());
}

#[test]
fn every_struct_that_refuses_unknown_keys_is_known_here() {
    let known: BTreeSet<&str> = prefixes().into_keys().collect();
    let found = config_structs();
    let names: BTreeSet<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(names, known);
}

fn prefixes() -> BTreeMap<&'static str, &'static str> {
    STRUCTS.into_iter().collect()
}

/// Every key, as documents write it.
fn keys() -> BTreeSet<String> {
    let prefixes = prefixes();
    let sections: BTreeSet<&str> = prefixes.values().copied().collect();
    let mut keys: BTreeSet<String> = BARE.iter().map(|key| (*key).to_owned()).collect();
    for (name, fields) in config_structs() {
        let prefix = prefixes[name.as_str()];
        for key in fields.into_iter().map(|field| format!("{prefix}.{field}")) {
            if !sections.contains(key.as_str()) && !sections.contains(format!("{key}[]").as_str()) {
                keys.insert(key);
            }
        }
    }
    keys
}

/// The structs with `deny_unknown_fields` of all programs, with their fields.
fn config_structs() -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for folder in ["crates", "services"] {
        collect(&root().join(folder), &mut found);
    }
    found
}

fn collect(folder: &Path, found: &mut BTreeMap<String, Vec<String>>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && entry.file_name() != "tests" {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && is_configuration(&path) {
            let text = std::fs::read_to_string(&path).unwrap();
            for part in text.split("deny_unknown_fields").skip(1) {
                let Some((_, rest)) = part.split_once("pub struct ") else { continue };
                let (name, rest) = rest.split_once(" {").unwrap();
                found.insert(name.to_owned(), fields(rest.split("\n}").next().unwrap()));
            }
        }
    }
}

/// Requests refuse unknown members, too; settings are read in these files.
fn is_configuration(path: &Path) -> bool {
    let name = path.to_string_lossy();
    ["config.rs", "sections.rs", "logs.rs", "export.rs"].iter().any(|end| name.ends_with(end))
        || name.contains("/config/")
}

fn fields(body: &str) -> Vec<String> {
    let declared = body.lines().filter_map(|line| line.trim().strip_prefix("pub "));
    declared.filter_map(|line| line.split_once(':').map(|(name, _)| name.to_owned())).collect()
}
