//! Forms that are broken, ambiguous, or none.

use super::{BOUNDARY, Upload, Wanted, end, form, part, upload};

const BAD: Wanted = Wanted::Refused(400);
const TEXT: Wanted = Wanted::Kept("text/plain");

fn file(content: &[u8]) -> Vec<u8> {
    part("name=\"file\"; filename=\"a.txt\"", "", content)
}

pub(super) fn uploads() -> Vec<Upload> {
    let mut all = parts();
    all.extend(boundaries());
    all.extend(headers());
    all
}

fn parts() -> Vec<Upload> {
    let nested = b"--inner\r\nContent-Disposition: file; filename=\"b.html\"\r\n\r\n<script>\r\n--inner--\r\n";
    let mixed = part("name=\"file\"; filename=\"a.txt\"", "Content-Type: multipart/mixed; boundary=inner\r\n", nested);
    let many: Vec<u8> = (0..2_000).flat_map(|number| part(&format!("name=\"x{number}\""), "", b"")).collect();
    let flood = "X-Flood: y\r\n".repeat(3_000);
    vec![
        form("two files", [file(b"one"), file(b"two"), end()].concat(), BAD),
        form(
            "a file and a file without a name",
            [file(b"one"), part("name=\"file\"", "", b"two"), end()].concat(),
            BAD,
        ),
        form("no file", [part("name=\"other\"; filename=\"a.txt\"", "", b"x"), end()].concat(), BAD),
        form(
            "the file under a list's name",
            [part("name=\"file[]\"; filename=\"a.txt\"", "", b"x"), end()].concat(),
            BAD,
        ),
        form(
            "the file under a name in capitals",
            [part("name=\"FILE\"; filename=\"a.txt\"", "", b"x"), end()].concat(),
            BAD,
        ),
        form(
            "the file under a name with a NUL",
            [part("name=\"file\0\"; filename=\"a.txt\"", "", b"x"), end()].concat(),
            Wanted::Refused(400),
        ),
        form("a form in a form", [mixed, end()].concat(), BAD),
        form("two thousand other parts", [many, file(b"hello"), end()].concat(), Wanted::Harmless),
        form(
            "three thousand headers of a part",
            [part("name=\"file\"; filename=\"a.txt\"", &flood, b"hello"), end()].concat(),
            BAD,
        ),
        form(
            "no disposition",
            [format!("--{BOUNDARY}\r\nContent-Type: text/plain\r\n\r\nhello\r\n").into_bytes(), end()].concat(),
            BAD,
        ),
        form(
            "a disposition of another kind",
            [
                format!("--{BOUNDARY}\r\nContent-Disposition: attachment; name=\"file\"\r\n\r\nhello\r\n").into_bytes(),
                end(),
            ]
            .concat(),
            BAD,
        ),
        form(
            "two dispositions",
            [
                part("name=\"x\"", "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n", b"hello"),
                end(),
            ]
            .concat(),
            Wanted::Harmless,
        ),
        form(
            "base64 that nobody decodes",
            [
                part("name=\"file\"; filename=\"a.txt\"", "Content-Transfer-Encoding: base64\r\n", b"PHNjcmlwdD4="),
                end(),
            ]
            .concat(),
            TEXT,
        )
        .keeping(b"PHNjcmlwdD4="),
        form("an empty form", end(), BAD),
        form("nothing at all", Vec::new(), BAD),
        form("JSON in a form's clothes", b"{\"file\":\"hello\"}".to_vec(), BAD),
    ]
}

fn boundaries() -> Vec<Upload> {
    let whole = [file(b"hello"), end()].concat();
    let text = String::from_utf8(whole.clone()).unwrap();
    let renamed = |boundary: &str| text.replace(BOUNDARY, boundary).into_bytes();
    let typed = |name: &str, boundary: &str, wanted| {
        form(name, renamed(boundary), wanted).typed(format!("multipart/form-data; boundary=\"{boundary}\""))
    };
    let long = "b".repeat(200);
    let inside = format!(
        "before\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"evil.html\"\r\n\r\nafter"
    );
    let nearly = format!("before\r\n--{BOUNDARY}x no boundary\r\nafter");
    vec![
        form("no boundary", whole.clone(), BAD).typed("multipart/form-data"),
        form("an empty boundary", whole.clone(), BAD).typed("multipart/form-data; boundary="),
        form("another boundary", whole.clone(), BAD).typed("multipart/form-data; boundary=other"),
        form("two boundaries", whole.clone(), Wanted::Harmless)
            .typed(format!("multipart/form-data; boundary=x; boundary={BOUNDARY}")),
        form("a boundary in another case", whole.clone(), BAD)
            .typed(format!("multipart/form-data; boundary={}", BOUNDARY.to_uppercase())),
        typed("a boundary of two hundred characters", &long, Wanted::Harmless),
        typed("a boundary with blanks", "a b c", Wanted::Harmless),
        typed("a boundary with markup", "<script>", Wanted::Harmless),
        typed("a boundary of hyphens", "--------------", Wanted::Harmless),
        upload("the boundary inside the content", "a.txt", inside.as_bytes(), BAD),
        upload("nearly the boundary inside the content", "a.txt", nearly.as_bytes(), Wanted::Harmless),
        form("no end", file(b"hello"), BAD),
        form("half an end", [file(b"hello"), format!("--{BOUNDARY}-").into_bytes()].concat(), BAD),
        form("an end in the middle", [file(b"hello"), end(), file(b"two"), end()].concat(), Wanted::Harmless),
        form("lines that end in bare LF", text.replace("\r\n", "\n").into_bytes(), Wanted::Harmless),
        form(
            "something before the first part",
            [b"preamble <script>\r\n".to_vec(), whole.clone()].concat(),
            Wanted::Harmless,
        ),
        form("something behind the end", [whole.clone(), b"epilogue <script>".to_vec()].concat(), Wanted::Harmless),
        form("cut off in a part's head", whole[..60].to_vec(), BAD),
        form("cut off in the content", whole[..whole.len() - end().len() - 4].to_vec(), BAD),
    ]
}

fn headers() -> Vec<Upload> {
    let whole = || [file(b"hello"), end()].concat();
    let refused = |name: &str, media: &str| form(name, whole(), Wanted::Refused(415)).typed(media);
    vec![
        refused("a form as JSON", "application/json"),
        refused("a form as a URL-encoded form", "application/x-www-form-urlencoded"),
        refused("a form of mixed parts", &format!("multipart/mixed; boundary={BOUNDARY}")),
        refused("a form of no kind", "*/*"),
        refused("a form of two kinds", &format!("text/plain, multipart/form-data; boundary={BOUNDARY}")),
        form("a form that says it is compressed", whole(), Wanted::Harmless).with("content-encoding", "gzip"),
        form("a form that is compressed twice", b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec(), BAD)
            .with("content-encoding", "gzip, gzip"),
        form("a path in a header", whole(), TEXT).with("x-original-url", "/internal/v1/events").keeping(b"hello"),
        form("another method in a header", whole(), TEXT).with("x-http-method-override", "DELETE").keeping(b"hello"),
        form("a range of a file", whole(), TEXT).with("content-range", "bytes 0-4/1000").keeping(b"hello"),
        form("a key that is none", whole(), BAD).with("idempotency-key", "a b\tc"),
        form("a key of three hundred characters", whole(), BAD).with("idempotency-key", "k".repeat(300)),
    ]
}
