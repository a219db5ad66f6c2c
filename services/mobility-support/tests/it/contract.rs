//! The description is true, and nobody gets in who does not belong there.

use std::collections::BTreeMap;

use domain::Line;
use mobility_support::MobilitySupport;
use reqwest::Method;
use serde_json::json;
use testkit::{Probe, Stranger, assert_openapi, sweep};

use crate::{EXECUTION, error, execute, items, not_found, schemas, start, ticket, with};

#[test]
fn the_checked_in_description_is_what_the_code_says() {
    assert_openapi::<MobilitySupport>(env!("CARGO_MANIFEST_DIR"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_refuses_strangers() {
    let (app, provider, _) = start().await;
    execute(&app, &provider, ticket()).await;
    let withdraw = json!({"inputs": with(json!({"status": "ISSUE_REVOKED"}))});
    let probe = |path: &str, body, stranger| Probe { path: path.to_owned(), body, stranger };
    let open = |path: &str| probe(path, None, Stranger::Open(200));
    let hidden = || Stranger::Refused(404, not_found());
    let probes = BTreeMap::from([
        ("request_support", probe(EXECUTION, Some(withdraw.clone()), hidden())),
        ("execute_request_support", probe("/processes/request-support/execute", Some(withdraw), hidden())),
        ("list_support_tickets", probe(&items(), None, Stranger::SeesNothingOf(crate::TICKET.to_owned()))),
        ("get_landing_page", open("/")),
        ("get_api", open("/api")),
        ("get_conformance", open("/conformance")),
        ("list_collections", open("/collections")),
        ("get_collection", open("/collections/support-tickets")),
        ("list_processes", open("/processes")),
        ("get_process", open("/processes/request-support")),
        ("refuse_execution", probe("/processes/other/execution", None, Stranger::Open(404))),
        ("get_health", probe("/health", None, Stranger::Open(204))),
    ]);
    sweep::<MobilitySupport>(&app, "mp-amsterdam", Line::Tours, probes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_have_the_lines_words_and_headers() {
    let (app, provider, _) = start().await;
    let elsewhere = app.tokens.for_lines("mp-amsterdam", domain::Role::Customer, &[Line::Tours]);
    let token = "A valid bearer token is required.";
    let access = |status, detail: &str| error(status, 5006, "Technical", "No access to endpoint", detail);
    for (path, method) in [(EXECUTION.to_owned(), Method::POST), (items(), Method::GET)] {
        let nobody = app.send(app.request(method.clone(), &path)).await;
        assert_eq!((nobody.status, &nobody.body), (401, &access(401, token)));
        assert_eq!(nobody.header("www-authenticate"), "Bearer");
        let other = app.send(app.request(method, &path).bearer_auth(&elsewhere)).await;
        assert_eq!((other.status, &other.body), (403, &access(403, "The token is not for this line.")));
        for answer in [nobody, other] {
            assert_eq!((answer.header("version"), answer.header("content-language")), ("2.0.0", "en-GB"));
            schemas::check("errors", &answer.body);
        }
    }
    let twice = app.request(Method::POST, EXECUTION).bearer_auth(&provider).bearer_auth(&provider);
    assert_eq!(app.send(twice).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_are_answered_in_the_lines_shape() {
    let (app, ..) = start().await;
    let not_allowed = error(405, 5500, "Illegal", "Method not allowed", "See the Allow header.");
    for (method, path, allow) in [
        ("GET", EXECUTION, "POST"),
        ("PUT", "/processes/request-support/execute", "POST"),
        ("POST", "/collections/support-tickets/items", "GET, HEAD"),
        ("DELETE", "/", "GET, HEAD"),
        ("POST", "/conformance", "GET, HEAD"),
    ] {
        let answer = app.send(app.request(method.parse().unwrap(), path)).await;
        assert_eq!((answer.status, &answer.body), (405, &not_allowed), "{method} {path}");
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
        assert_eq!((answer.header("version"), answer.header("content-language")), ("2.0.0", "en-GB"));
    }
    let options = app.send(app.request(Method::OPTIONS, EXECUTION)).await;
    assert_eq!((options.status, options.header("allow"), options.header("version")), (204, "POST", "2.0.0"));
    let head = app.send(app.request(Method::HEAD, "/")).await;
    assert_eq!((head.status, head.text.as_str(), head.header("content-language")), (200, "", "en-GB"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trailing_slash_is_another_path() {
    let (app, provider, _) = start().await;
    for path in ["/processes/", "/collections/support-tickets/items/", "/processes/request-support/execution/"] {
        assert_eq!(app.get(path, &provider).await.status, 404, "{path}");
    }
}
