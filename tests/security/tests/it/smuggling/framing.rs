//! Where a body ends: lengths and transfer encodings that contradict each other or themselves.

use super::{ANYHOW, Case, HIDDEN, Wanted, case, get, post};

pub(super) fn cases() -> Vec<Case> {
    let mut all = both();
    all.extend(lengths());
    all.extend(encodings());
    all.extend(fine());
    all
}

fn both() -> Vec<Case> {
    let hidden = format!("0\r\n\r\n{HIDDEN}");
    let (length, chunked) = ("Content-Length: 4\r\n", "Transfer-Encoding: chunked\r\n");
    vec![
        case("length, then chunked", post(&format!("{length}{chunked}"), &hidden), Wanted::Refused),
        case("chunked, then length", post(&format!("{chunked}{length}"), &hidden), Wanted::Refused),
        case(
            "chunked, then length of all",
            post(&format!("{chunked}Content-Length: {}\r\n", hidden.len()), &hidden),
            Wanted::Refused,
        ),
        case("chunked and length zero", post(&format!("{chunked}Content-Length: 0\r\n"), &hidden), Wanted::Refused),
        case("length and identity", post(&format!("{length}Transfer-Encoding: identity\r\n"), "abcd"), Wanted::Refused),
        case(
            "both, in capitals",
            post(&format!("{}{}", length.to_uppercase(), chunked.to_uppercase()), &hidden),
            Wanted::Refused,
        ),
        case("both, on a GET", get(&format!("{length}{chunked}")) + &hidden, Wanted::Refused),
        case(
            "both, the second behind a bare LF",
            post("Content-Length: 4\r\nX: y\nTransfer-Encoding: chunked\r\n", &hidden),
            Wanted::Refused,
        ),
        case(
            "both, the second behind a bare CR",
            post("Content-Length: 4\r\nX: y\rTransfer-Encoding: chunked\r\n", &hidden),
            Wanted::Refused,
        ),
        case(
            "both, the second folded",
            post("Content-Length: 4\r\nX: y\r\n Transfer-Encoding: chunked\r\n", &hidden),
            Wanted::Refused,
        ),
    ]
}

fn lengths() -> Vec<Case> {
    let mut all = Vec::new();
    for value in [
        "",
        "+4",
        "-1",
        "-0",
        "4 4",
        "4,4",
        "4, 4",
        "4;4",
        "4,5",
        "0x4",
        "4.0",
        "4e0",
        "4_0",
        "four",
        "\u{664}",
        "4\u{a0}",
        "18446744073709551616",
        "99999999999999999999999999",
        "4\0",
        "4\u{b}",
        "'4'",
        "\"4\"",
        "4L",
        "0b100",
        "NaN",
        "4 abc",
    ] {
        let lines = format!("Content-Length: {value}\r\n");
        all.push(case(format!("length {value:?}"), post(&lines, &format!("abcd{HIDDEN}")), Wanted::Refused));
    }
    let twice = |one: &str, other: &str| {
        post(&format!("Content-Length: {one}\r\nContent-Length: {other}\r\n"), &format!("abcd{HIDDEN}"))
    };
    for (one, other) in [("4", "4"), ("4", "5"), ("4", "0"), ("0", "4"), ("4", "x")] {
        all.push(case(format!("two lengths, {one} and {other}"), twice(one, other), Wanted::Refused));
    }
    let spaced = post("Content-Length : 4\r\n", "abcd");
    all.push(case("a blank before the length's colon", spaced, Wanted::Refused));
    all.push(case(
        "a length nobody has room for",
        post("Content-Length: 18446744073709551615\r\n", "abcd"),
        Wanted::Refused,
    ));
    all.push(case("a length above the limit", post("Content-Length: 1048577\r\n", "abcd"), Wanted::Refused));
    all
}

fn encodings() -> Vec<Case> {
    let mut all = Vec::new();
    for value in [
        "",
        "chunked, chunked",
        "chunked,chunked",
        "chunked, identity",
        "identity, chunked",
        "identity",
        "xchunked",
        "chunkedx",
        "chunk",
        "x, chunked",
        "gzip",
        "gzip, chunked",
        "deflate",
        "chunked;q=1",
        "chunked; foo",
        "\"chunked\"",
        "'chunked'",
        "chunked\u{b}",
        "\u{b}chunked",
        "chunked\0",
        "chun ked",
        ",chunked",
        "chunked,",
        "cHuNkEd, gzip",
        "\u{ff43}hunked",
        "chunked\u{a0}",
        "trailers",
    ] {
        let lines = format!("Transfer-Encoding: {value}\r\n");
        all.push(case(format!("encoding {value:?}"), post(&lines, &format!("0\r\n\r\n{HIDDEN}")), Wanted::Refused));
    }
    let body = format!("0\r\n\r\n{HIDDEN}");
    for (name, lines) in [
        ("two encodings, equal", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        ("two encodings, one unknown", "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n"),
        ("two encodings, identity first", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"),
        ("a folded encoding", "Transfer-Encoding:\r\n chunked\r\n"),
        ("a folded encoding with a tab", "Transfer-Encoding:\r\n\tchunked\r\n"),
        ("a blank before the encoding's colon", "Transfer-Encoding : chunked\r\n"),
        ("a tab before the encoding's colon", "Transfer-Encoding\t: chunked\r\n"),
        ("a blank before the encoding's name", " Transfer-Encoding: chunked\r\n"),
        ("a NUL in the encoding's name", "Transfer\0Encoding: chunked\r\n"),
        ("a high byte in the encoding's name", "Transfer\u{ad}-Encoding: chunked\r\n"),
    ] {
        all.push(case(name, post(lines, &body), Wanted::Refused));
    }
    let old = format!(
        "POST /support/tickets?case={{case}} HTTP/1.0\r\nHost: desk.test\r\nTransfer-Encoding: chunked\r\n\r\n{body}"
    );
    all.push(case("an encoding in HTTP/1.0", old, Wanted::Refused));
    let endless = "POST /support/tickets?case={case} HTTP/1.0\r\nHost: desk.test\r\n\r\nabcd";
    all.push(case("a body without an end in HTTP/1.0", endless, Wanted::Refused));
    all
}

/// Unusual, and unambiguous.
fn fine() -> Vec<Case> {
    let empty: fn(&super::Arrived) -> bool = |arrived| arrived.body.is_empty();
    let abcd: fn(&super::Arrived) -> bool =
        |arrived| arrived.body == b"abcd" && arrived.header("transfer_encoding").is_empty();
    let hidden: fn(&super::Arrived) -> bool = |arrived| arrived.body == HIDDEN.as_bytes();
    let exact = format!("Content-Length: {}\r\n", HIDDEN.len());
    vec![
        case("a hidden request as the body of a POST", post(&exact, HIDDEN), Wanted::Alone(hidden)),
        case("a hidden request as the body of a GET", get(&exact) + HIDDEN, Wanted::Alone(hidden)),
        case(
            "a hidden request behind the body",
            post("Content-Length: 4\r\n", &format!("abcd{HIDDEN}")),
            Wanted::Alone(abcd),
        ),
        case("a hidden request behind no body", get("") + HIDDEN, Wanted::Alone(empty)),
        case("a hidden request behind a length of zero", post("Content-Length: 0\r\n", HIDDEN), Wanted::Alone(empty)),
        case(
            "a hidden request behind the last chunk",
            post("Transfer-Encoding: chunked\r\n", &format!("0\r\n\r\n{HIDDEN}")),
            Wanted::Alone(empty),
        ),
        case(
            "an encoding with an underscore",
            post("Content-Length: 4\r\nTransfer_Encoding: chunked\r\n", "abcd"),
            Wanted::Alone(abcd),
        ),
        case("a length with zeroes before it", post("Content-Length: 0004\r\n", "abcd"), Wanted::Alone(abcd)),
        case(
            "an encoding in mixed case",
            post("Transfer-Encoding: ChUnKeD\r\n", "4\r\nabcd\r\n0\r\n\r\n"),
            Wanted::Alone(abcd),
        ),
        case(
            "an encoding with a tab before it",
            post("Transfer-Encoding:\tchunked\r\n", "4\r\nabcd\r\n0\r\n\r\n"),
            Wanted::Alone(abcd),
        ),
        case(
            "lines that end in bare LF",
            "GET /support/tickets?case={case} HTTP/1.1\nHost: desk.test\nConnection: close\n\n",
            ANYHOW,
        ),
        case("empty lines before the request", format!("\r\n\r\n{}", get("")), ANYHOW),
    ]
}
