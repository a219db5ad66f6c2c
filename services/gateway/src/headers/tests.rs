use actix_web::test::TestRequest;

use super::*;

#[test]
fn the_list_of_passed_headers_is_sorted_and_has_nothing_about_identity() {
    let names: Vec<&str> = PASSED.iter().map(HeaderName::as_str).collect();
    assert!(names.is_sorted(), "{names:?}");
    let forged = ["x-user", "x-internal", "x-forwarded", "forwarded", "x-real", "host", "connection"];
    assert!(names.iter().all(|name| !forged.iter().any(|forged| name.starts_with(forged))), "{names:?}");
}

#[test]
fn headers_that_connection_names_are_found() {
    let named = |value| {
        let request = TestRequest::default().insert_header(("connection", value)).to_http_request();
        named_by_connection(request.headers()).unwrap_or_default()
    };
    assert_eq!(named("keep-alive"), Vec::<String>::new());
    assert_eq!(named("Close, , "), Vec::<String>::new());
    assert_eq!(named("keep-alive, Prefer,RANGE"), ["prefer", "range"]);
}

#[test]
fn a_public_url_is_scheme_and_host() {
    let origin = PublicOrigin::parse("https://desk.example.org:8443/").unwrap();
    assert_eq!((origin.scheme.as_bytes(), origin.host.as_bytes()), (&b"https"[..], &b"desk.example.org:8443"[..]));
    for bad in ["", "desk.example.org", "/desk", "https://"] {
        assert!(PublicOrigin::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_client_gets_all_but_what_is_about_the_connection() {
    let mut from = HeaderMap::new();
    for (name, value) in [
        ("content-type", "text/plain"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("etag", "\"x\""),
        ("connection", "close"),
        ("transfer-encoding", "chunked"),
        ("content-length", "3"),
        ("keep-alive", "timeout=5"),
        ("x-request-id", "theirs"),
        ("x-content-type-options", "nosniff"),
        ("access-control-allow-origin", "*"),
    ] {
        from.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let names = |cors| {
        let mut to = outside::HeaderMap::new();
        for_client(&from, &mut to, cors);
        let mut names: Vec<String> = to.iter().map(|(name, _)| name.to_string()).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names(true), ["content-type", "etag", "set-cookie", "set-cookie"]);
    assert_eq!(names(false), ["access-control-allow-origin", "content-type", "etag", "set-cookie", "set-cookie"]);
}
