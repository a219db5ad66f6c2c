//! The checks of the headers, in the order of the document, before anybody looks at the body.

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use testkit::Answer;

use crate::{Line, TICKETS, basic, draft, error};

const CHALLENGE: &str = "Basic realm=\"mas\", charset=\"UTF-8\"";

/// Sends a request with these headers on every operation; all must answer the same.
async fn everywhere(line: &Line, headers: &[(&str, &str)]) -> Answer {
    let add =
        |request: RequestBuilder| headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let post = line.app.request(Method::POST, TICKETS).json(&draft());
    let mut answers = vec![line.app.send(add(post)).await];
    for path in [TICKETS.to_owned(), format!("{TICKETS}/100000457")] {
        answers.push(line.app.send(add(line.app.request(Method::GET, &path))).await);
    }
    let first = answers.remove(0);
    for other in answers {
        assert_eq!((other.status, &other.body), (first.status, &first.body), "{headers:?}");
        assert_eq!(other.header("request-tracking-id"), first.header("request-tracking-id"));
    }
    first
}

#[tokio::test(flavor = "multi_thread")]
async fn without_good_credentials_everything_is_401() {
    let line = Line::start().await;
    let bearer = format!("Bearer {}", line.agent);
    let good = basic("ocsuser", "ocsuser");
    for authorization in [
        None,
        Some(basic("ocsuser", "wrong")),
        Some(basic("ocsuser", "")),
        Some(basic("OCSUSER", "ocsuser")),
        Some(basic("nobody", "ocsuser")),
        Some(basic("mdm", "ocsuser")),
        Some(bearer),
        Some("Basic".to_owned()),
        Some("Basic !!!".to_owned()),
        Some("Basic b2NzdXNlcg==".to_owned()),
        Some(good.trim_start_matches("Basic ").to_owned()),
        Some(String::new()),
    ] {
        let mut headers = vec![("ProfileId", "Siebel_201"), ("Request-Tracking-Id", "456")];
        headers.extend(authorization.as_deref().map(|value| ("Authorization", value)));
        let answer = everywhere(&line, &headers).await;
        let expected = error(401, "Unauthorized", &["Invalid credentials"], "456");
        assert_eq!((answer.status, answer.body.clone()), (401, expected), "{authorization:?}");
        assert_eq!(answer.header("www-authenticate"), CHALLENGE);
        assert_eq!(answer.header("request-tracking-id"), "456");
    }
    let twice = [("Authorization", good.as_str()), ("Authorization", good.as_str())];
    assert_eq!(everywhere(&line, &twice).await.status, 401);
    assert_eq!(line.app.database.count("SELECT count(*) FROM tickets").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_header_it_is_401_first_and_there_is_no_tracking_id() {
    let line = Line::start().await;
    let answer = everywhere(&line, &[]).await;
    assert_eq!((answer.status, answer.body.clone()), (401, error(401, "Unauthorized", &["Invalid credentials"], "")));
    assert!(!answer.headers.contains_key("request-tracking-id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tracking_id_is_required_next() {
    let line = Line::start().await;
    let good = basic("ocsuser", "ocsuser");
    let (long, longest) = ("x".repeat(129), "x".repeat(128));
    let expected = |id| error(400, "Bad Request", &["Request-Tracking-Id is required"], id);
    for ids in [&[][..], &[""], &["has space"], &["tab\there"], &["caf\u{e9}"], &[&long], &["1", "1"], &["1", "2"]] {
        let mut headers = vec![("Authorization", good.as_str())];
        headers.extend(ids.iter().map(|id| ("Request-Tracking-Id", *id)));
        let answer = everywhere(&line, &headers).await;
        assert_eq!((answer.status, answer.body.clone()), (400, expected("")), "{ids:?}");
        assert!(!answer.headers.contains_key("request-tracking-id"), "only a good value is repeated: {ids:?}");
    }
    for id in ["!", "~", "a/b:c\"d", &longest] {
        let request = line.request(Method::GET, TICKETS, id);
        let answer = line.app.send(request).await;
        assert_eq!((answer.status, answer.header("request-tracking-id")), (200, id));
        assert_eq!(answer.body["request_tracking_id"], id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profile_is_required_next_and_must_be_this_user_s() {
    let line = Line::start().await;
    let good = basic("ocsuser", "ocsuser");
    for profiles in [&[][..], &[""], &["Siebel_201", "Siebel_201"]] {
        let mut headers = vec![("Authorization", good.as_str()), ("Request-Tracking-Id", "456")];
        headers.extend(profiles.iter().map(|profile| ("ProfileId", *profile)));
        let answer = everywhere(&line, &headers).await;
        let expected = error(400, "Bad Request", &["ProfileId is required"], "456");
        assert_eq!((answer.status, answer.body), (400, expected), "{profiles:?}");
    }
    for profile in ["Nobody_1", "siebel_201", "MDM_7", "Siebel_2010"] {
        let headers = [("Authorization", good.as_str()), ("Request-Tracking-Id", "373233"), ("ProfileId", profile)];
        let answer = everywhere(&line, &headers).await;
        assert_eq!(answer.status, 500, "{profile}");
        assert_eq!(
            answer.text,
            r#"{"error":{"code":"500","message":"Service Error","errors":[{"message":"Source not configured"}]},"request_tracking_id":"373233"}"#
        );
        assert_eq!(answer.header("request-tracking-id"), "373233");
    }
    let second = [("Authorization", good.as_str()), ("Request-Tracking-Id", "1"), ("ProfileId", "Siebel_202")];
    let add = second
        .iter()
        .fold(line.app.request(Method::GET, TICKETS), |request, (name, value)| request.header(*name, *value));
    assert_eq!(line.app.send(add).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_check_comes_before_the_next() {
    let line = Line::start().await;
    let good = basic("ocsuser", "ocsuser");
    let bad_path = "/api/v1/customers/abc/tickets";
    let all: [(&str, &str); 3] =
        [("Authorization", good.as_str()), ("Request-Tracking-Id", "456"), ("ProfileId", "Siebel_201")];
    // With the first so many headers good, on a bad path, with a bad media type and a large body.
    for (count, profile, status, problem) in [
        (0, "Siebel_201", 401, "Invalid credentials"),
        (1, "Siebel_201", 400, "Request-Tracking-Id is required"),
        (2, "Siebel_201", 400, "ProfileId is required"),
        (3, "Nobody_1", 500, "Source not configured"),
        (3, "Siebel_201", 400, "customerId must be 1 to 18 digits"),
    ] {
        let mut request = line.app.request(Method::POST, bad_path).header("Content-Type", "text/plain");
        for (name, value) in &all[..count] {
            request = request.header(*name, if *name == "ProfileId" { profile } else { value });
        }
        let answer = line.app.send(request.body("x".repeat(100_000))).await;
        assert_eq!((answer.status, &answer.body["error"]["errors"][0]["message"]), (status, &Value::from(problem)));
    }
    let request = line.request(Method::POST, TICKETS, "456").header("Content-Type", "text/plain");
    let answer = line.app.send(request.body("x".repeat(2_000_000))).await;
    assert_eq!(answer.status, 415, "the media type comes before the size");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_user_exists_in_a_local_instance_that_has_no_other() {
    let app = testkit::TestApp::start::<mas_gateway::MasGateway>().await;
    let request = app.request(Method::GET, TICKETS).header("Authorization", "Basic b2NzdXNlcjpvY3N1c2Vy");
    let request = request.header("ProfileId", "Siebel_201").header("Request-Tracking-Id", "457");
    let answer = app.send(request).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, r#"{"request_tracking_id":"457","tickets":[]}"#));
}
