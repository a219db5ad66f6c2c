//! Proves for every operation of a service that it lets nobody in who does not belong there.

use std::collections::BTreeMap;

use chassis::Service;
use domain::{Line, Role};
use reqwest::Method;
use serde_json::Value;

use crate::openapi::operations;
use crate::{Answer, TestApp};

/// How an operation is tried.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The path of something that belongs to the owner.
    pub path: String,
    /// A good body, if the operation has one.
    pub body: Option<Value>,
    /// What a stranger with a good token must get.
    pub stranger: Stranger,
}

/// What a stranger must get.
#[derive(Debug, Clone, PartialEq)]
pub enum Stranger {
    /// Exactly this status and body: the same as for a thing that does not exist.
    Refused(u16, Value),
    /// The operation is about the caller: it works, and the answer does not contain this text of the owner's.
    SeesNothingOf(String),
    /// The operation shows the same to all callers of the line.
    Public,
    /// The operation looks at no token: whoever asks gets this status.
    Open(u16),
}

/// Tries every operation. `probes` is by operation id; `owner` made what the probes point to; `other_line` is a line
/// that the service does not serve.
///
/// # Panics
/// With a list of everything that got through, and of operations without a probe.
pub async fn sweep<S: Service>(app: &TestApp, owner: &str, other_line: Line, probes: BTreeMap<&str, Probe>) {
    let document = serde_json::to_value(S::openapi()).expect("the document is JSON");
    let mut failures = Vec::new();
    let mut tried = 0;
    for (operation, description) in operations(&document) {
        let id = description["operationId"].as_str().unwrap_or_default();
        let Some(probe) = probes.get(id) else {
            failures.push(format!("{id}: {} {} has no probe", operation.method, operation.path));
            continue;
        };
        tried += 1;
        let method: Method = operation.method.to_uppercase().parse().expect("a method");
        if let Stranger::Open(status) = probe.stranger {
            for (what, token) in refused_tokens(app, owner, other_line) {
                let answer = attempt(app, &method, probe, token.as_deref()).await;
                if answer.status != status {
                    failures.push(format!("{id}: {what} got {} at an open operation", answer.status));
                }
            }
            continue;
        }
        for (what, token) in refused_tokens(app, owner, other_line) {
            let answer = attempt(app, &method, probe, token.as_deref()).await;
            let is_refused = answer.status == 401 || (what == "another line" && answer.status == 403);
            if !is_refused {
                failures.push(format!("{id}: {what} got {}", answer.status));
            }
        }
        let stranger = attempt(app, &method, probe, Some(&app.token("stranger", Role::Customer))).await;
        failures.extend(judge(id, &probe.stranger, &stranger));
        // Last, because it may change what the probe points to: with the owner's token the same request must work,
        // else all refusals above prove nothing.
        let good = attempt(app, &method, probe, Some(&app.token(owner, Role::Customer))).await;
        if !(200..300).contains(&good.status) {
            failures.push(format!("{id}: the owner got {}: {}", good.status, good.text));
        }
    }
    assert!(tried > 0, "the document has operations");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn refused_tokens(app: &TestApp, owner: &str, other_line: Line) -> Vec<(&'static str, Option<String>)> {
    vec![
        ("no token", None),
        ("no JWT", Some("not-a-token".to_owned())),
        ("a forged token", Some(app.tokens.forged(owner, Role::Admin))),
        ("an expired token", Some(app.tokens.expired(owner, Role::Customer))),
        ("another line", Some(app.tokens.for_lines(owner, Role::Admin, &[other_line]))),
    ]
}

async fn attempt(app: &TestApp, method: &Method, probe: &Probe, token: Option<&str>) -> Answer {
    let mut request = app.request(method.clone(), &probe.path);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = &probe.body {
        request = request.json(body);
    }
    app.send(request).await
}

fn judge(id: &str, expected: &Stranger, answer: &Answer) -> Option<String> {
    let fine = match expected {
        Stranger::Refused(status, body) => answer.status == *status && answer.body == *body,
        Stranger::SeesNothingOf(text) => (200..300).contains(&answer.status) && !answer.text.contains(text),
        Stranger::Public => answer.status == 200,
        Stranger::Open(status) => answer.status == *status,
    };
    (!fine).then(|| format!("{id}: a stranger got {}: {}", answer.status, answer.text))
}
