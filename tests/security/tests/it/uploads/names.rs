//! File names that mean to leave the folder, the header, or the reader's trust.

use super::{Upload, Wanted, end, form, part, upload};

pub(super) fn uploads() -> Vec<Upload> {
    let named = |name| Wanted::Named("text/plain", name);
    let mut all = Vec::new();
    for (given, kept) in [
        ("../../../etc/passwd", "passwd"),
        ("..\\\\..\\\\..\\\\boot.ini", "boot.ini"),
        ("/etc/shadow", "shadow"),
        ("C:\\\\Windows\\\\win.ini", "win.ini"),
        ("\\\\\\\\server\\\\share\\\\a.txt", "a.txt"),
        ("..", "file"),
        (".", "file"),
        ("../", "file"),
        ("", "file"),
        ("a/..", "file"),
        ("....//....//a.txt", "a.txt"),
        ("%2e%2e%2fa.txt", "%2e%2e%2fa.txt"),
        ("..%c0%afa.txt", "..%c0%afa.txt"),
        ("a\tb.txt", "ab.txt"),
        ("a\u{85}b.txt", "ab.txt"),
        ("CON", "CON"),
        ("nul.txt", "nul.txt"),
        ("a.txt:stream", "a.txt:stream"),
        (".htaccess", ".htaccess"),
        ("-rf", "-rf"),
        ("$(id).txt", "$(id).txt"),
        ("`id`.txt", "`id`.txt"),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("a'; DROP TABLE files; --.txt", "a'; DROP TABLE files; --.txt"),
        ("{{7*7}}.txt", "{{7*7}}.txt"),
        ("a.txt ", "a.txt "),
        ("a\\\"; filename=\\\"b.html", "a\"; filename=\"b.html"),
    ] {
        all.push(upload(format!("the name {given:?}"), given, b"hello", named(kept)));
    }
    for given in [
        "invoice\u{202e}fdp.exe",
        "a\u{200b}b.txt",
        "\u{feff}a.txt",
        "a\u{2044}b.txt",
        "\u{ff0e}\u{ff0e}\u{ff0f}a.txt",
        "e\u{301}\u{1F600}.txt",
    ] {
        all.push(upload(format!("the name {given:?}"), given, b"hello", Wanted::Kept("text/plain")));
    }
    let raw = |name: &str, disposition: &str, wanted| {
        form(name, [part(disposition, "", b"hello"), end()].concat(), wanted).keeping(b"hello")
    };
    let long = format!("name=\"file\"; filename=\"{}.txt\"", "n".repeat(5_000));
    all.extend([
        raw("a name of five kilobytes", &long, Wanted::Kept("text/plain")),
        raw("a line break in the name", "name=\"file\"; filename=\"a\r\nX-Injected: yes\"", Wanted::Harmless),
        raw("a bare line feed in the name", "name=\"file\"; filename=\"a\nX-Injected: yes\"", Wanted::Harmless),
        raw(
            "an encoded line break in the name",
            "name=\"file\"; filename*=UTF-8''a%0d%0aX-Injected:%20yes",
            named("aX-Injected: yes"),
        ),
        raw("an encoded NUL in the name", "name=\"file\"; filename*=UTF-8''a.txt%00.png", named("a.txt.png")),
        raw("an encoded path in the name", "name=\"file\"; filename*=UTF-8''..%2f..%5cetc%2fpasswd", named("passwd")),
        raw(
            "bytes that are no UTF-8 in the name",
            "name=\"file\"; filename*=UTF-8''%ff%fe.txt",
            Wanted::Kept("text/plain"),
        ),
        raw("another character set in the name", "name=\"file\"; filename*=UTF-7''+AD4-.txt", Wanted::Harmless),
        raw("DEL in the name", "name=\"file\"; filename=\"a\u{7f}b.txt\"", Wanted::Harmless),
        raw("two names", "name=\"file\"; filename=\"a.txt\"; filename=\"b.html\"", Wanted::Harmless),
        raw("a name that does not end", "name=\"file\"; filename=\"a.txt", Wanted::Harmless),
        raw("a name without quotes", "name=\"file\"; filename=../../a.txt", Wanted::Harmless),
    ]);
    all
}
