//! The description is true, and nobody gets in who does not belong there.

use std::collections::BTreeSet;

use chassis::Service as _;
use mas_gateway::MasGateway;
use reqwest::Method;
use serde_json::Value;
use testkit::{TestDatabase, assert_openapi};

use crate::{Line, TICKETS, basic, draft, error};

#[test]
fn the_checked_in_description_is_what_the_code_says() {
    assert_openapi::<MasGateway>(env!("CARGO_MANIFEST_DIR"));
}

/// The idea of `testkit::sweep` for a line without tokens: each documented operation is tried by everybody who must not
/// get in, then by another user, then by the owner, for whom it must work.
#[tokio::test(flavor = "multi_thread")]
async fn every_operation_refuses_strangers() {
    let line = Line::start().await;
    let transaction = line.accepted("456").await;
    let document = serde_json::to_value(MasGateway::openapi()).unwrap();
    let mut tried = BTreeSet::new();
    for (pattern, item) in document["paths"].as_object().unwrap() {
        let path = pattern.replace("{customerId}", "104127993008").replace("{ticketId}", &transaction.to_string());
        assert!(!path.contains('{'), "{pattern} has a parameter that this test does not know");
        for method in item.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            try_everybody(&line, method.clone(), &path, transaction).await;
            tried.insert(format!("{method} {pattern}"));
        }
    }
    assert_eq!(tried.len(), 3, "{tried:?}");
}

async fn try_everybody(line: &Line, method: Method, path: &str, transaction: i64) {
    let attempt = async |authorization: &[&str]| {
        let mut request = line.app.request(method.clone(), path).header("Request-Tracking-Id", "456");
        request = request.header("ProfileId", "Siebel_201");
        for value in authorization {
            request = request.header("Authorization", *value);
        }
        if method == Method::POST {
            request = request.json(&draft());
        }
        line.app.send(request).await
    };
    let owner = basic("ocsuser", "ocsuser");
    let (wrong, unknown) = (basic("ocsuser", "wrong"), basic("stranger", "ocsuser"));
    let bearer = format!("Bearer {}", line.agent);
    let refused = error(401, "Unauthorized", &["Invalid credentials"], "456");
    for (who, authorization) in [
        ("no credentials", &[][..]),
        ("a wrong password", &[wrong.as_str()]),
        ("an unknown user", &[unknown.as_str()]),
        ("an agent's token", &[bearer.as_str()]),
        ("the header twice", &[owner.as_str(), owner.as_str()]),
        ("a token beside it", &[owner.as_str(), bearer.as_str()]),
    ] {
        let answer = attempt(authorization).await;
        assert_eq!((answer.status, &answer.body), (401, &refused), "{who}: {method} {path}");
    }
    let other = attempt(&[&basic("mdm", "mdm:other")]).await;
    assert!(!other.text.contains(&transaction.to_string()), "another user sees nothing: {}", other.text);
    let good = attempt(&[&owner]).await;
    assert_eq!(good.status, 200, "the owner: {method} {path}");
    assert!(good.text.contains(&transaction.to_string()), "{}", good.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_and_paths_are_answered_in_the_line_s_shape() {
    let line = Line::start().await;
    let single = format!("{TICKETS}/100000457");
    for (method, path, status, message, problem, allow) in [
        ("PUT", TICKETS, 405, "Method Not Allowed", "Method not allowed", &["GET", "HEAD", "POST"][..]),
        ("DELETE", TICKETS, 405, "Method Not Allowed", "Method not allowed", &["GET", "HEAD", "POST"]),
        ("POST", single.as_str(), 405, "Method Not Allowed", "Method not allowed", &["GET", "HEAD"]),
        ("GET", "/api/v1/customers/104127993008", 404, "Not Found", "Resource not found", &[]),
        ("GET", "/api/v1/customers//tickets", 404, "Not Found", "Resource not found", &[]),
        ("GET", "/api/v2/customers/1/tickets", 404, "Not Found", "Resource not found", &[]),
        ("POST", "/api/v1/customers/1/tickets/", 404, "Not Found", "Resource not found", &[]),
    ] {
        // Without credentials: which paths and methods there are is no secret.
        let request = line.app.request(method.parse().unwrap(), path).header("Request-Tracking-Id", "456");
        let answer = line.app.send(request).await;
        assert_eq!(
            (answer.status, &answer.body),
            (status, &error(status, message, &[problem], "456")),
            "{method} {path}"
        );
        assert_eq!(answer.header("request-tracking-id"), "456");
        let allowed: BTreeSet<&str> = answer.header("allow").split(", ").filter(|name| !name.is_empty()).collect();
        for name in allow {
            assert!(allowed.contains(name), "{method} {path}: {allowed:?}");
        }
        assert!(allowed.iter().all(|name| allow.contains(name) || *name == "OPTIONS"), "{method} {path}: {allowed:?}");
    }
    let options = line.app.send(line.app.request(Method::OPTIONS, TICKETS)).await;
    assert_eq!((options.status, options.header("allow").contains("POST")), (204, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_503_and_the_tracking_id_comes_back() {
    let line = Line::start().await;
    line.accepted("456").await;
    line.app.database.run("ALTER TABLE tickets RENAME TO away").await;
    let broken = line.get(TICKETS).await;
    assert_eq!((broken.status, &broken.body), (500, &error(500, "Service Error", &["Internal error"], "457")));
    line.app.database.run("ALTER TABLE away RENAME TO tickets").await;
    // A database cannot be closed by those who are in it.
    let other = TestDatabase::for_service::<MasGateway>().await;
    let name = line.app.database.url().rsplit('/').next().unwrap();
    let close = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false");
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    other.run(&close).await;
    other.run(&end).await;
    for _ in 0..3 {
        let answer = line.get(TICKETS).await;
        assert_eq!((answer.status, &answer.body), (503, &error(503, "Service Error", &["Service unavailable"], "457")));
        assert_eq!((answer.header("retry-after"), answer.header("request-tracking-id")), ("1", "457"));
    }
    other.run(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await;
    testkit::eventually("it is back", async || (line.get(TICKETS).await.status == 200).then_some(Value::Null)).await;
}
