//! The description is true; methods and paths are answered as the contract says.

use ::attachments::Attachments;
use domain::Role;
use testkit::assert_openapi;

use crate::{PATH, added, assert_error, draft, form, guest, start};

#[test]
fn the_checked_in_description_is_what_the_code_says() {
    assert_openapi::<Attachments>(env!("CARGO_MANIFEST_DIR"));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_are_405_with_the_allowed_ones() {
    let (app, _tours) = start().await;
    let one = format!("{PATH}/1");
    for (method, path, allow) in [
        ("PATCH", one.as_str(), "GET, HEAD, PUT, DELETE, OPTIONS"),
        ("POST", one.as_str(), "GET, HEAD, PUT, DELETE, OPTIONS"),
        ("PUT", PATH, "GET, HEAD, POST, OPTIONS"),
        ("GET", "/files", "POST, OPTIONS"),
        ("DELETE", "/files/x", "GET, HEAD, OPTIONS"),
    ] {
        let answer = guest(&app, method, path, None).await;
        assert_error(&answer, 405, "Method Not Allowed", "Method not allowed");
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
        let options = guest(&app, "OPTIONS", path, None).await;
        assert_eq!((options.status, options.header("allow")), (204, allow));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_are_404() {
    let (app, _tours) = start().await;
    for path in ["/api/support_ticket_attachments/", "/api/support_ticket_attachmentsX", "/files/", "/files/a/b", "/"] {
        assert_error(&guest(&app, "GET", path, None).await, 404, "Not Found", "Resource not found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_answered_like_get_without_a_body() {
    let (app, _tours) = start().await;
    let attachment = added(&app, &draft()).await;
    let file = form::uploaded(&app, &app.token("u", Role::Customer), b"hello").await;
    for path in [PATH, &attachment, &file, &format!("{PATH}/9999"), &format!("{PATH}/abc")] {
        let (get, head) = (guest(&app, "GET", path, None).await, guest(&app, "HEAD", path, None).await);
        assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
        for name in ["content-type", "content-length", "etag", "content-disposition", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_comes_back() {
    let (app, _tours) = start().await;
    let request = app.request(reqwest::Method::GET, PATH).header("x-request-id", "a-b.c_1");
    assert_eq!(app.send(request).await.header("x-request-id"), "a-b.c_1");
}
