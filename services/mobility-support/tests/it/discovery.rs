//! The discovery documents, as the contract prints them.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::TestApp;

use crate::{error, schemas, start};

/// The contract's text, with the test's origin.
fn document(app: &TestApp, text: &str) -> String {
    text.trim_end().replace("http://127.0.0.1:8080", &app.url)
}

async fn open(app: &TestApp, path: &str) -> testkit::Answer {
    app.send(app.request(Method::GET, path)).await
}

const LANDING_PAGE: &str = r#"{"title":"Crossdesk mobility support","description":"TOMP-API 2.0 support module","links":[{"rel":"self","href":"http://127.0.0.1:8080/tomp/v2/","type":"application/json"},{"rel":"alternate","href":"http://127.0.0.1:8080/tomp/v2/?f=html","type":"text/html"},{"rel":"service-desc","href":"http://127.0.0.1:8080/tomp/v2/api","type":"application/vnd.oai.openapi+json;version=3.1"},{"rel":"service-doc","href":"http://127.0.0.1:8080/tomp/v2/api?f=html","type":"text/html"},{"rel":"conformance","href":"http://127.0.0.1:8080/tomp/v2/conformance","type":"application/json"},{"rel":"http://www.opengis.net/def/rel/ogc/1.0/conformance","href":"http://127.0.0.1:8080/tomp/v2/conformance","type":"application/json"},{"rel":"data","href":"http://127.0.0.1:8080/tomp/v2/collections","type":"application/json"},{"rel":"processes","href":"http://127.0.0.1:8080/tomp/v2/processes","type":"application/json"},{"rel":"http://www.opengis.net/def/rel/ogc/1.0/processes","href":"http://127.0.0.1:8080/tomp/v2/processes","type":"application/json"}]}"#;
const CONFORMANCE: &str = r#"{"conformsTo":["http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core","http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/landingPage","http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/html","http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/json","http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/ogc-process-description","https://datatracker.ietf.org/doc/html/rfc7946","https://datatracker.ietf.org/doc/html/rfc7807","https://datatracker.ietf.org/doc/html/rfc5646","https://datatracker.ietf.org/doc/html/rfc7231","https://datatracker.ietf.org/doc/html/rfc3339","https://datatracker.ietf.org/doc/html/rfc4122","https://semver.org/","https://json-schema.org/"]}"#;
const COLLECTION: &str = r#"{"id":"support-tickets","title":"Support tickets","description":"Support tickets of a package and leg, in their current state","links":[{"rel":"self","href":"http://127.0.0.1:8080/tomp/v2/collections/support-tickets","type":"application/json"},{"rel":"items","href":"http://127.0.0.1:8080/tomp/v2/collections/support-tickets/items","type":"application/geo+json"}]}"#;
const PROCESSES: &str = r#"{"processes":[{"id":"request-support","title":"Request support","description":"Creates or updates a support ticket","version":"2.0.0","jobControlOptions":["sync-execute"],"outputTransmission":["value"],"links":[{"rel":"service","href":"http://127.0.0.1:8080/tomp/v2/processes/request-support/execution","type":"application/json","method":"POST"},{"rel":"service-desc","href":"http://127.0.0.1:8080/tomp/v2/processes/request-support","type":"application/json"}]}],"links":[{"rel":"self","href":"http://127.0.0.1:8080/tomp/v2/processes","type":"application/json"}]}"#;
const PROCESS: &str = include_str!("discovery/process.json");

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_are_the_contracts_word_for_word() {
    let (app, ..) = start().await;
    let collection = document(&app, COLLECTION);
    let collections = format!(
        r#"{{"links":[{{"rel":"self","href":"{}/tomp/v2/collections","type":"application/json"}}],"collections":[{collection}]}}"#,
        app.url
    );
    for (path, expected, schema) in [
        ("/", document(&app, LANDING_PAGE), Some("landing_page")),
        ("/?f=json", document(&app, LANDING_PAGE), None),
        ("/conformance", document(&app, CONFORMANCE), None),
        ("/collections", collections, Some("collections")),
        ("/collections/support-tickets", collection.clone(), None),
        ("/processes", document(&app, PROCESSES), Some("processes")),
        ("/processes/request-support", document(&app, PROCESS), Some("process")),
    ] {
        let answer = open(&app, path).await;
        assert_eq!((answer.status, &answer.text), (200, &expected), "{path}");
        assert_eq!(answer.header("content-type"), "application/json", "{path}");
        assert_eq!(answer.header("cache-control"), "public, max-age=300", "{path}");
        assert_eq!((answer.header("version"), answer.header("content-language")), ("2.0.0", "en-GB"), "{path}");
        if let Some(schema) = schema {
            schemas::check(schema, &answer.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_of_the_api_is_its_openapi_document() {
    let (app, ..) = start().await;
    let answer = open(&app, "/api").await;
    assert_eq!(answer.header("content-type"), "application/vnd.oai.openapi+json;version=3.1");
    assert_eq!((answer.status, &answer.body["openapi"]), (200, &json!("3.1.0")));
    assert_eq!(answer.body, open(&app, "/internal/v1/openapi.json").await.body, "the one that the gateway shows");
    assert_eq!(answer.body["servers"][0]["url"], "/tomp/v2");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_get_pages_with_the_same_links() {
    let (app, ..) = start().await;
    for path in ["/", "/api", "/conformance", "/collections/support-tickets"] {
        let page = open(&app, &format!("{path}?f=html")).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"), "{path}");
        assert!(page.text.starts_with("<!doctype html>"), "{path}");
        assert_eq!(page.header("cache-control"), "public, max-age=300");
        let document = open(&app, path).await.body;
        let links = document["links"].as_array().into_iter().flatten().map(|link| &link["href"]);
        for href in links.chain(document["conformsTo"].as_array().into_iter().flatten()) {
            let href = href.as_str().unwrap();
            assert!(page.text.contains(&format!("href=\"{href}\"")), "{path} {href}");
        }
        for operation in document["paths"].as_object().into_iter().flatten() {
            assert!(page.text.contains(&format!("/tomp/v2{}", operation.0)), "{path} {}", operation.0);
        }
        let other = open(&app, &format!("{path}?f=xml")).await;
        let unknown = error(400, 5002, "Invalid", "Field: f, Reason: unknown value", "f: unknown value.");
        assert_eq!(
            (other.status, other.body, other.headers["cache-control"].to_str().unwrap()),
            (400, unknown, "no-store")
        );
        let twice = open(&app, &format!("{path}?f=json&f=html")).await;
        assert_eq!(twice.body["errors"][0]["title"], "Field: f, Reason: given twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_no_host_does_not_get_into_a_page() {
    let (app, ..) = start().await;
    let request = app.request(Method::GET, "/?f=html").header("x-forwarded-host", "x\"><script>alert(1)</script>");
    let page = app.send(request).await;
    assert!(!page.text.contains("<script>"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_begin_with_what_the_client_sees() {
    let (app, provider, _) = start().await;
    let list = "/collections/support-tickets/items?packageId=p&legId=l";
    for path in ["/", list] {
        let request = app.request(Method::GET, path).bearer_auth(&provider);
        let request = request.header("x-forwarded-host", "desk.example").header("x-forwarded-proto", "https");
        let link = app.send(request).await.body["links"][0]["href"].as_str().unwrap().to_owned();
        assert!(link.starts_with("https://desk.example/tomp/v2/"), "{link}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_processes_have_the_members_of_ogc_with_and_without_a_token() {
    let (app, provider, _) = start().await;
    let expected: Value = serde_json::from_str(r#"{"type":"http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/no-such-process","title":"No such process","status":404,"errors":[{"errorcode":5204,"type":"Not found","title":"Not found","status":404,"detail":"Process search-offers not found."}]}"#).unwrap();
    for (method, path) in [("GET", "/processes/search-offers"), ("POST", "/processes/search-offers/execution")] {
        for token in [None, Some(provider.as_str()), Some("not-a-token")] {
            let mut request = app.request(method.parse().unwrap(), path);
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let answer = app.send(request).await;
            assert_eq!((answer.status, &answer.body), (404, &expected), "{method} {path}");
            schemas::check("errors", &answer.body);
        }
    }
    let long = open(&app, &format!("/processes/{}", "x".repeat(5_000))).await;
    assert!(long.text.len() < 1_000, "an answer does not repeat what is too long");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_offered_is_not_found() {
    let (app, ..) = start().await;
    let unknown = open(&app, "/collections/datasources").await;
    let not_found = |detail: &str| error(404, 5204, "Not found", "Not found", detail);
    assert_eq!((unknown.status, unknown.body), (404, not_found("Collection datasources not found.")));
    for path in
        ["/oauth/token", "/collections/datasources/items", "/jobs/1", "/planning/inquiries", "/collections/", "/x"]
    {
        let answer = open(&app, path).await;
        assert_eq!((answer.status, &answer.body), (404, &not_found("There is no such resource.")), "{path}");
        assert_eq!((answer.header("version"), answer.header("content-language")), ("2.0.0", "en-GB"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_an_empty_204() {
    let (app, ..) = start().await;
    let answer = open(&app, "/health").await;
    assert_eq!((answer.status, answer.text.as_str(), answer.header("version")), (204, "", "2.0.0"));
}
