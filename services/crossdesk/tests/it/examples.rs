//! Plays documents: every `curl` command in a Markdown file is run as it stands, with curl, through the gateway, and its
//! answer is held against the block that follows it, word for word.
//!
//! What no document can know, the ids and times of an instance, is learned: where expected and found differ only in such a
//! value, the pair is remembered, must stay the same from then on, and later commands use what was found.

mod compare;
mod document;

use std::path::Path;
use std::process::Command;

use auth::{Minter, TokenRequest};
use chassis::secrets;
use domain::{Clock as _, Line, Role, Subject, SystemClock};
use serde_json::Value;

use compare::Learned;
use document::{Example, examples};

/// The origins that documents write.
const WRITTEN_ORIGINS: [&str; 2] = ["http://127.0.0.1:8080", "http://localhost:8080"];
/// How long a command may take: it waits for a service on a busy machine.
const CURL_SECONDS: &str = "30";

/// The documents, the one first that wants an instance nobody has used.
const DOCUMENTS: [(&str, &str); 5] = [
    ("helpdesk", include_str!("examples/helpdesk.md")),
    ("loan", include_str!("examples/loan.md")),
    ("mobility", include_str!("examples/mobility.md")),
    ("mas", include_str!("examples/mas.md")),
    ("tours", include_str!("examples/tours.md")),
];

/// Plays the examples of every contract against a new instance.
pub(crate) fn play_all(url: &str, data_dir: &Path) {
    for (name, text) in DOCUMENTS {
        play(name, text, url, data_dir);
    }
}

/// Plays a document against an instance. Files that commands make are in a scratch folder.
fn play(name: &str, text: &str, url: &str, data_dir: &Path) {
    let scratch = tempfile::tempdir().unwrap();
    let mut learned = Learned::default();
    let tokens = tokens(data_dir);
    let examples = examples(text);
    assert!(examples.len() > 3, "{name}: examples were found");
    for example in &examples {
        let mut command = example.command.clone();
        for origin in WRITTEN_ORIGINS {
            command = command.replace(origin, url);
        }
        let command = learned.rewrite(&command);
        let answer = run(&command, url, &tokens, scratch.path());
        check(example, &answer, url, &mut learned).unwrap_or_else(|problem| {
            panic!("{name}:\n{command}\nanswered\n{}\n{}\n{problem}", answer.head, answer.body)
        });
    }
}

struct Answer {
    head: String,
    body: String,
}

/// The tokens that documents use by name.
fn tokens(data_dir: &Path) -> Vec<(&'static str, String)> {
    let minter = secrets::local_minter(data_dir).unwrap();
    [
        ("CUSTOMER", "user_123", Role::Customer, None),
        ("OTHER", "user_456", Role::Customer, None),
        ("THIRD", "user_789", Role::Customer, None),
        ("FOURTH", "user_000", Role::Customer, None),
        ("AGENT", "agent_123", Role::Agent, None),
        ("MP", "mp-amsterdam", Role::Customer, Some(Line::Mobility)),
    ]
    .map(|(name, subject, role, line)| (name, token(&minter, subject, role, line)))
    .into()
}

fn token(minter: &Minter, subject: &str, role: Role, line: Option<Line>) -> String {
    let mut request = TokenRequest::new(Subject::try_from(subject).unwrap(), role);
    request.lines = line.map(|line| vec![line]);
    minter.mint(&request, SystemClock.now()).unwrap()
}

/// Runs a block of shell. Its curl shows nothing but leaves head and body behind.
fn run(command: &str, url: &str, tokens: &[(&str, String)], folder: &Path) -> Answer {
    let script = format!(
        "set -eu\ncurl() {{ command curl -sS --noproxy '*' --max-time {CURL_SECONDS} -D head -o body \"$@\"; }}\n\
         rm -f head body\n{}",
        command.replace("curl -i ", "curl ")
    );
    let output = Command::new("bash")
        .arg("-c")
        .arg(script)
        .current_dir(folder)
        .env("BASE", url)
        .envs(tokens.iter().map(|(name, token)| (*name, token)))
        .output()
        .unwrap();
    assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
    let read = |name| std::fs::read(folder.join(name)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Answer { head: read("head").unwrap(), body: read("body").unwrap_or_default() }
}

fn check(example: &Example, answer: &Answer, url: &str, learned: &mut Learned) -> Result<(), String> {
    let here = |text: &str| WRITTEN_ORIGINS.iter().fold(text.to_owned(), |text, origin| text.replace(origin, url));
    if let Some(body) = &example.body {
        let found: Value = serde_json::from_str(&answer.body).map_err(|error| format!("no JSON: {error}"))?;
        let expected: Value = serde_json::from_str(&here(body)).map_err(|error| format!("in the document: {error}"))?;
        learned.compare("", &expected, &found)?;
    }
    let mut lines = example.head.lines();
    let Some(status) = lines.next() else { return expect_success(answer) };
    let found_status = answer.head.lines().next().unwrap_or_default().trim();
    if found_status != status.trim() {
        return Err(format!("expected {status}"));
    }
    for line in lines.map(here) {
        let (name, value) = line.split_once(':').ok_or_else(|| format!("no header: {line}"))?;
        let values = answer.head.lines().filter_map(|line| line.split_once(':'));
        let found = values.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
        let value = value.trim();
        if !found.into_iter().any(|found| found == value || found == learned.rewrite(value)) {
            return Err(format!("expected {name}: {value}"));
        }
    }
    Ok(())
}

/// Without a written head the answer is what the document's prose says: a success, or an error whose body tells it.
fn expect_success(answer: &Answer) -> Result<(), String> {
    let status = answer.head.split(' ').nth(1).unwrap_or_default();
    let is_told = answer.body.contains(status);
    if status.starts_with('2') || is_told { Ok(()) } else { Err(format!("expected a success, not {status}")) }
}
