//! `Host`: services write it into `Location` and links, so what is no host must not get that far.

use super::{Case, Wanted, case};

pub(super) fn cases() -> Vec<Case> {
    let request =
        |lines: &str| format!("GET /support/tickets?case={{case}} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n");
    let mut all = vec![
        case("no Host", request(""), Wanted::Refused),
        case("two Hosts, equal", request("Host: desk.test\r\nHost: desk.test\r\n"), Wanted::Refused),
        case("two Hosts, different", request("Host: desk.test\r\nHost: evil.test\r\n"), Wanted::Refused),
        case("two Hosts, one folded", request("Host: desk.test\r\n Host: evil.test\r\n"), Wanted::Refused),
        case("a folded Host", request("Host:\r\n desk.test\r\n"), Wanted::Refused),
        case("a blank before the Host's colon", request("Host : desk.test\r\n"), Wanted::Refused),
    ];
    for host in [
        "",
        "a b",
        "a/b",
        "desk.test/internal",
        "desk.test?x",
        "desk.test#x",
        "user@desk.test",
        "user:pw@desk.test",
        "desk.test,evil.test",
        "desk.test, evil.test",
        "desk.test:99999",
        "desk.test:abc",
        "desk.test:80:80",
        "desk.test:-1",
        "<script>alert(1)</script>",
        "\"desk.test\"",
        "desk.test\\evil.test",
        "[::1",
        "::1]",
        "[::1]evil",
        "http://desk.test",
        "d\u{e9}sk.test",
        "desk.test;evil",
        "{{7*7}}",
        "desk.test'--",
        "desk.test\tevil.test",
    ] {
        all.push(case(format!("Host {host:?}"), request(&format!("Host: {host}\r\n")), Wanted::Refused));
    }
    for host in
        ["desk.test", "desk.test:8080", "127.0.0.1:80", "[::1]:8080", "DESK.test", "xn--dsk-bma.test", "a_b.test"]
    {
        let passes = Wanted::Alone(|arrived| arrived.header("x-forwarded-host").len() == 1);
        all.push(case(format!("the good Host {host:?}"), request(&format!("Host: {host}\r\n")), passes));
    }
    all
}
