//! Request targets: other forms, and paths that mean to arrive at a route between services.

use super::{ANYHOW, Arrived, Case, Wanted, case};

/// Paths that a careless reader would decode once more than the gateway does. They may arrive, as they are: the service
/// behind knows no such path.
pub(super) const HARMLESS: [&str; 13] = [
    "/support/%2e%2e%3b/internal/v1/events?case={case}",
    "/support/%c0%ae%c0%ae/internal/v1/events?case={case}",
    "/support/%e0%80%ae%e0%80%ae/internal/v1/events?case={case}",
    "/support/%f0%80%80%ae/internal/v1/events?case={case}",
    "/support/%c0%afinternal/v1/events?case={case}",
    "/support/%252e%252e/internal/v1/events?case={case}",
    "/support/%252finternal?case={case}",
    "/support/%u002e%u002e/internal/v1/events?case={case}",
    "/support/%uff0e%uff0e/internal?case={case}",
    "/support/%ff%fe?case={case}",
    "/support/...;/internal/v1/events?case={case}",
    "/support/internal/v1/events?case={case}",
    "/support/%0d%0aHost:%20evil.test?case={case}",
];

fn sent(method: &str, target: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: desk.test\r\nConnection: close\r\n\r\n")
}

pub(super) fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    for path in [
        "/internal/v1/events?case={case}",
        "/internal?case={case}",
        "/INTERNAL/v1/events?case={case}",
        "/Internal/v1/events?case={case}",
        "/%69nternal/v1/events?case={case}",
        "/%49NTERNAL/v1/events?case={case}",
        "/intern%61l/v1/events?case={case}",
        "/internal%2fv1/events?case={case}",
        "/internal;a=b/v1/events?case={case}",
        "/;/internal/v1/events?case={case}",
        "//internal/v1/events?case={case}",
        "///internal/v1/events?case={case}",
        "/./internal/v1/events?case={case}",
        "/%2e/internal/v1/events?case={case}",
        "/%2finternal/v1/events?case={case}",
        "/\\internal/v1/events?case={case}",
        "/support/../internal/v1/events?case={case}",
        "/support/tickets/../../internal/v1/events?case={case}",
        "/support/..//internal/v1/events?case={case}",
        "/support/%2e%2e/internal/v1/events?case={case}",
        "/support/%2E./internal/v1/events?case={case}",
        "/support/.%2e/internal/v1/events?case={case}",
        "/support/..%2finternal/v1/events?case={case}",
        "/support/%2e%2e%2finternal/v1/events?case={case}",
        "/support/..%5cinternal/v1/events?case={case}",
        "/support/..\\internal/v1/events?case={case}",
        "/support\\..\\internal\\v1\\events?case={case}",
        "/support/..;/internal/v1/events?case={case}",
        "/support/..;a=b/internal/v1/events?case={case}",
        "/support/%2e%2e;/internal/v1/events?case={case}",
        "/support/.;/tickets?case={case}",
        "/support/%00/../internal/v1/events?case={case}",
        "/support/tickets%00?case={case}",
        "/support//tickets?case={case}",
        "/support/./tickets?case={case}",
        "/SUPPORT/tickets?case={case}",
        "/%73upport/tickets?case={case}",
        "/tomp/v2/internal/v1/events?case={case}",
        "/tomp/v2/%69nternal/v1/events?case={case}",
        "/tomp/v2//internal/v1/events?case={case}",
        "/tomp/v2/..;/internal/v1/events?case={case}",
        "/tomp/v2/../../internal/v1/events?case={case}",
        "/tomp/v2/;/internal/v1/events?case={case}",
        "/v1/../internal/v1/events?case={case}",
        "/console/..%2f..%2finternal?case={case}",
        "*?case={case}",
        "?case={case}",
        "support/tickets?case={case}",
        "http:/internal/v1/events?case={case}",
        "http://evil.test/internal/v1/events?case={case}",
        "http://evil.test/support/../internal/v1/events?case={case}",
        "http://desk.test//internal/v1/events?case={case}",
        "desk.test:80",
        "*",
        "/support/tic kets?case={case}",
        "/support/tickets\t?case={case}",
        "/support/tickets\0?case={case}",
        "/support/tickets\r?case={case}",
    ] {
        all.push(case(format!("GET {path:?}"), sent("GET", path), Wanted::Refused));
    }
    for path in HARMLESS {
        all.push(case(format!("GET {path:?}"), sent("GET", path), Wanted::Harmless));
    }
    // Bytes beyond ASCII, a fragment, other schemes: whatever becomes of them, it is one request for this path.
    for path in [
        "/support/\u{e9}?case={case}",
        "/support/<>?case={case}",
        "/support/{}|^`?case={case}",
        "/support/tickets?case={case}#/internal",
    ] {
        all.push(case(format!("GET {path:?}"), sent("GET", path), Wanted::Harmless));
    }
    let ours: fn(&Arrived) -> bool = |arrived| arrived.header("host") != ["evil.test"];
    for target in [
        "http://evil.test/support/tickets?case={case}",
        "http://user:pw@evil.test:1/support/tickets?case={case}",
        "https://evil.test/support/tickets?case={case}",
    ] {
        all.push(case(format!("GET {target:?}"), sent("GET", target), Wanted::Alone(ours)));
    }
    for (method, target) in [
        ("CONNECT", "evil.test:443"),
        ("CONNECT", "/support/tickets?case={case}"),
        ("OPTIONS", "*"),
        ("CONNECT", "http://evil.test/support/tickets?case={case}"),
    ] {
        all.push(case(format!("{method} {target:?}"), sent(method, target), Wanted::Refused));
    }
    for method in ["TRACE", "TRACK", "PROPFIND", "get", "GETT", "PRI", "SOURCE"] {
        all.push(case(format!("the method {method}"), sent(method, "/support/tickets?case={case}"), Wanted::Harmless));
    }
    for method in ["G ET", "GET\0", "GET\t", "G@T{}", "\u{e9}", "GET\r", "\"GET\""] {
        all.push(case(format!("the method {method:?}"), sent(method, "/support/tickets?case={case}"), Wanted::Refused));
    }
    all.push(case("a plain GET", sent("GET", "/support/tickets?case={case}"), ANYHOW));
    all
}
