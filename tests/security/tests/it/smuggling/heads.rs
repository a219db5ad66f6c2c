//! Header lines: malformed ones, too many, too long, those that claim an identity, and those about the connection.

use security::forge;

use super::{ANYHOW, Arrived, Case, HIDDEN, Wanted, case, get, post};

/// What may reach a service from a request of these tests: what the gateway adds, and what its list lets pass.
const EXPECTED: [&str; 18] = [
    "accept",
    "authorization",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "idempotency-key",
    "origin",
    "range",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "user-agent",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-request-id",
    "prefer",
];

/// Nothing of what a client claims about itself.
fn is_clean(arrived: &Arrived) -> bool {
    let expected = arrived.headers.iter().all(|(name, _)| EXPECTED.contains(&name.as_str()));
    expected
        && arrived.header("x-forwarded-for") == ["127.0.0.1"]
        && arrived.header("x-forwarded-proto") == ["http"]
        && arrived.header("x-forwarded-host") == ["desk.test"]
        && arrived.header("x-request-id").len() == 1
}

pub(super) fn cases() -> Vec<Case> {
    let mut all = malformed();
    all.extend(sizes());
    all.extend(claims());
    all.extend(connections());
    all.extend(protocols());
    all
}

fn malformed() -> Vec<Case> {
    let mut all = Vec::new();
    for (name, lines) in [
        ("a blank before a colon", "X-A : b\r\n"),
        ("a line without a colon", "X-A\r\n"),
        ("a line without a name", ": b\r\n"),
        ("a folded line", "X-A: b\r\n c\r\n"),
        ("a folded line with a tab", "X-A: b\r\n\tc\r\n"),
        ("a first line that is folded", " X-A: b\r\n"),
        ("a NUL in a value", "X-A: b\0c\r\n"),
        ("a NUL in a name", "X\0A: b\r\n"),
        ("a bare CR in a value", "X-A: b\rc\r\n"),
        ("a bare CR before a name", "\rX-A: b\r\n"),
        ("DEL in a value", "X-A: b\x7f\r\n"),
        ("an escape in a value", "X-A: \x1b[2J\r\n"),
        ("a high byte in a name", "X-\u{e9}: b\r\n"),
        ("parentheses in a name", "X(A): b\r\n"),
        ("quotes around a name", "\"X-A\": b\r\n"),
        ("a comma in a name", "X,A: b\r\n"),
        ("a slash in a name", "X/A: b\r\n"),
        ("a request line among the headers", "GET /internal/v1/events HTTP/1.1\r\n"),
    ] {
        all.push(case(name, get(lines), Wanted::Refused));
    }
    all
}

fn sizes() -> Vec<Case> {
    let many = |count: usize| (0..count).map(|index| format!("X-{index}: y\r\n")).collect::<String>();
    let long = |length: usize| format!("X-Long: {}\r\n", "y".repeat(length));
    vec![
        case("a thousand headers", get(&many(1_000)), Wanted::Refused),
        case("a hundred headers", get(&many(100)), Wanted::Refused),
        case("ninety headers", get(&many(90)), Wanted::Alone(is_clean)),
        case("a header of half a megabyte", get(&long(500_000)), Wanted::Refused),
        case("a header of sixteen kilobytes", get(&long(16_000)), Wanted::Alone(is_clean)),
        case("a name of half a megabyte", get(&format!("{}: y\r\n", "x".repeat(500_000))), Wanted::Refused),
        case(
            "a target of half a megabyte",
            format!("GET /support/{} HTTP/1.1\r\nHost: desk.test\r\n\r\n", "x".repeat(500_000)),
            Wanted::Refused,
        ),
        case(
            "a method of a hundred kilobytes",
            format!("{} / HTTP/1.1\r\nHost: desk.test\r\n\r\n", "X".repeat(200_000)),
            Wanted::Refused,
        ),
    ]
}

/// Headers that a service behind a careless gateway would believe.
fn claims() -> Vec<Case> {
    let mut all = Vec::new();
    for name in [
        "X-User-Id",
        "X-User-Roles",
        "X-User-Name",
        "X-Internal-Token",
        "X-Internal-Service",
        "X-Internal",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Port",
        "X-Forwarded-Prefix",
        "X-Forwarded-User",
        "X-Forwarded-Client-Cert",
        "X-Forwarded-Email",
        "Forwarded",
        "X-Real-IP",
        "X-Client-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Original-Host",
        "X-Host",
        "X-HTTP-Method-Override",
        "X-Method-Override",
        "X_Forwarded_For",
        "X_Forwarded_Host",
        "X_User_Id",
        "X_Internal_Token",
        "x-forwarded-FOR",
        "X-Remote-User",
        "Remote-User",
        "X-Auth-Request-User",
        "X-Envoy-Original-Path",
        "X-Amzn-Oidc-Data",
        "SSL-Client-Cert",
        "Proxy",
        "Via",
        "Max-Forwards",
        "Surrogate-Capability",
        "Accept-Encoding",
        "Host-Override",
        "X-Crossdesk-Caller",
    ] {
        all.push(case(format!("a claim in {name}"), get(&format!("{name}: 10.0.0.1\r\n")), Wanted::Alone(is_clean)));
    }
    let id: fn(&Arrived) -> bool = |arrived| is_clean(arrived) && arrived.header("x-request-id")[0].len() == 36;
    all.push(case("a request id with markup", get("X-Request-Id: <script>\r\n"), Wanted::Alone(id)));
    all.push(case("a request id with a blank", get("X-Request-Id: a b\r\n"), Wanted::Alone(id)));
    all.push(case(
        "a request id of a kilobyte",
        get(&format!("X-Request-Id: {}\r\n", "a".repeat(1_000))),
        Wanted::Alone(id),
    ));
    all.push(case("two request ids", get("X-Request-Id: <a>\r\nX-Request-Id: b\r\n"), Wanted::Alone(is_clean)));
    all.push(case(
        "a traceparent that is none",
        get("traceparent: 00-<script>-01\r\ntracestate: a=b\r\n"),
        Wanted::Alone(|arrived| {
            is_clean(arrived) && arrived.header("traceparent")[0].len() == 55 && arrived.header("tracestate").is_empty()
        }),
    ));
    all
}

/// `Connection` may take headers off; never those that the gateway puts on, and never what says where the body ends.
fn connections() -> Vec<Case> {
    let token = forge::good();
    let mut all = Vec::new();
    for named in [
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-request-id",
        "traceparent",
        "host",
        "X-Forwarded-For, Host",
        "close, x-forwarded-for",
        "x-user-id",
        "*",
        ",,,",
    ] {
        let lines = format!("Connection: {named}\r\nX-User-Id: admin\r\n");
        all.push(case(format!("Connection names {named:?}"), get(&lines), Wanted::Alone(is_clean)));
    }
    let without = format!("Connection: authorization\r\nAuthorization: Bearer {token}\r\n");
    // Less than was sent, so a service gives less, and never more.
    all.push(case(
        "Connection names authorization",
        get(&without),
        Wanted::Alone(|arrived| is_clean(arrived) && arrived.header("authorization").is_empty()),
    ));
    let cookie = "Connection: cookie, idempotency-key\r\nCookie: a=b\r\nIdempotency-Key: k\r\n";
    all.push(case(
        "Connection names cookie",
        get(cookie),
        Wanted::Alone(|arrived| {
            is_clean(arrived) && arrived.header("cookie").is_empty() && arrived.header("idempotency-key").is_empty()
        }),
    ));
    let abcd: fn(&Arrived) -> bool = |arrived| is_clean(arrived) && arrived.body == b"abcd";
    let length = post("Connection: content-length\r\nContent-Length: 4\r\n", "abcd");
    all.push(case("Connection names content-length", length, Wanted::Alone(abcd)));
    let encoding = post("Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n", "4\r\nabcd\r\n0\r\n\r\n");
    all.push(case("Connection names transfer-encoding", encoding, Wanted::Alone(abcd)));
    let type_ = post("Connection: content-type\r\nContent-Type: application/json\r\nContent-Length: 4\r\n", "abcd");
    all.push(case("Connection names content-type", type_, Wanted::Alone(abcd)));
    all
}

/// Other protocols, and other versions of this one.
fn protocols() -> Vec<Case> {
    let h2c = "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: Upgrade, HTTP2-Settings\r\n";
    let websocket = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n";
    let version = |version: &str| {
        format!("GET /support/tickets?case={{case}} {version}\r\nHost: desk.test\r\nConnection: close\r\n\r\n")
    };
    let mut all = vec![
        case("an upgrade to h2c", get(h2c), Wanted::Alone(is_clean)),
        case(
            "an upgrade to h2c and its frames",
            get(h2c) + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            Wanted::Alone(is_clean),
        ),
        case(
            "a WebSocket where there is none, and a request behind it",
            get(websocket) + HIDDEN,
            Wanted::Alone(is_clean),
        ),
        case("an upgrade to TLS", get("Upgrade: TLS/1.2\r\nConnection: Upgrade\r\n"), Wanted::Alone(is_clean)),
        case("an expectation nobody knows", get("Expect: 200-ok\r\n"), Wanted::Alone(is_clean)),
        case(
            "an expectation twice",
            post("Expect: 100-continue, 100-continue\r\nContent-Length: 4\r\n", "abcd"),
            Wanted::Alone(is_clean),
        ),
        case("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", Wanted::Refused),
        case("HTTP/0.9", "GET /support/tickets?case={case}\r\n\r\n", Wanted::Refused),
        case("a TLS hello", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\x00\x01\x02\x03\r\n\r\n", Wanted::Refused),
        case("a SOCKS hello", b"\x05\x01\x00\r\n\r\n", Wanted::Refused),
        case("a greeting of SSH", "SSH-2.0-OpenSSH_9.6\r\n\r\n", Wanted::Refused),
        case(
            "a PROXY line before the request",
            format!("PROXY TCP4 10.0.0.1 10.0.0.2 1 80\r\n{}", get("")),
            Wanted::Refused,
        ),
        case("HTTP/1.0 without Host", "GET /support/tickets?case={case} HTTP/1.0\r\n\r\n", ANYHOW),
        case(
            "a request line in two",
            "GET\r\n /support/tickets?case={case} HTTP/1.1\r\nHost: desk.test\r\n\r\n",
            Wanted::Refused,
        ),
        case("no version's number", version("HTTP/"), Wanted::Refused),
    ];
    for other in [
        "HTTP/2.0",
        "HTTP/2",
        "HTTP/1.2",
        "HTTP/9.9",
        "http/1.1",
        "HTTP/1.10",
        "HTTP/01.1",
        "HTTPS/1.1",
        "XTTP/1.1",
        "HTTP/1.1x",
    ] {
        all.push(case(format!("version {other}"), version(other), Wanted::Refused));
    }
    all
}
