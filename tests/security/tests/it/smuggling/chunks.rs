//! Chunks: sizes, extensions, ends and trailers.

use super::{Case, HIDDEN, Wanted, case, post};

pub(super) fn cases() -> Vec<Case> {
    let chunked = |body: &str| post("Transfer-Encoding: chunked\r\n", body);
    let mut all = Vec::new();
    for (name, body) in [
        ("a negative size", "-4\r\nabcd\r\n0\r\n\r\n"),
        ("a size with a plus", "+4\r\nabcd\r\n0\r\n\r\n"),
        ("a size with 0x", "0x4\r\nabcd\r\n0\r\n\r\n"),
        ("a size that is no hex", "g\r\nabcd\r\n0\r\n\r\n"),
        ("a size with an underscore", "0_4\r\nabcd\r\n0\r\n\r\n"),
        ("a blank before the size", " 4\r\nabcd\r\n0\r\n\r\n"),
        ("a size in two parts", "0 4\r\nabcd\r\n0\r\n\r\n"),
        ("no size", "\r\nabcd\r\n0\r\n\r\n"),
        ("a size of seventeen digits", "10000000000000004\r\nabcd\r\n0\r\n\r\n"),
        (
            "a size of a hundred digits",
            "f0000000000000000000000000000000000000000000000000000000000000004\r\nabcd\r\n0\r\n\r\n",
        ),
        ("a bare LF behind the size", "4\nabcd\r\n0\r\n\r\n"),
        ("a bare CR behind the size", "4\rabcd\r\n0\r\n\r\n"),
        ("a bare LF behind the chunk", "4\r\nabcd\n0\r\n\r\n"),
        ("a chunk longer than its size", "3\r\nabcd\r\n0\r\n\r\n"),
        ("a chunk shorter than its size", "5\r\nabcd\r\n0\r\n\r\n"),
        ("nothing behind the chunk", "4\r\nabcd0\r\n\r\n"),
        ("a bare LF in an extension", "4;a\nb\r\nabcd\r\n0\r\n\r\n"),
        ("a bare CR in an extension", "4;a\rb\r\nabcd\r\n0\r\n\r\n"),
        ("a NUL in an extension", "4;a\0\r\nabcd\r\n0\r\n\r\n"),
        ("a good chunk and a bad one", "4\r\nabcd\r\nzz\r\n"),
        ("a bare LF behind the last size", "4\r\nabcd\r\n0\n\n"),
        ("text for a size", "GET /internal/v1/events HTTP/1.1\r\n\r\n"),
    ] {
        all.push(case(name, chunked(&format!("{body}{HIDDEN}")), Wanted::Refused));
    }
    let abcd: fn(&super::Arrived) -> bool = |arrived| {
        let forged =
            arrived.headers.iter().any(|(name, _)| name.starts_with("x-internal") || name.starts_with("x-user"));
        arrived.body == b"abcd" && !forged
    };
    let long = format!("4;{}\r\nabcd\r\n0\r\n\r\n", "a".repeat(50_000));
    for (name, body) in [
        ("an extension", "4;name=value\r\nabcd\r\n0\r\n\r\n"),
        ("a quoted extension", "4;a=\"0\"\r\nabcd\r\n0\r\n\r\n"),
        ("a long extension", long.as_str()),
        ("blanks behind the size", "4  \r\nabcd\r\n0\r\n\r\n"),
        ("zeroes before the size", "00000000000000000000004\r\nabcd\r\n0\r\n\r\n"),
        ("four chunks of one byte", "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n1\r\nd\r\n0\r\n\r\n"),
        (
            "a trailer that claims to be somebody",
            "4\r\nabcd\r\n0\r\nX-Internal-User: admin\r\nX-User-Id: admin\r\n\r\n",
        ),
        ("a trailer with another length", "4\r\nabcd\r\n0\r\nContent-Length: 100\r\n\r\n"),
    ] {
        all.push(case(name, chunked(body), Wanted::Alone(abcd)));
    }
    all
}
