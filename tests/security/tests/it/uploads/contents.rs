//! Files that are something else than they say, or two things at once.

use super::{MOST, Upload, Wanted, end, form, part, upload};

const TEXT: Wanted = Wanted::Kept("text/plain");
const TYPE: Wanted = Wanted::Refused(415);

pub(super) fn uploads() -> Vec<Upload> {
    let mut all = pages();
    all.extend(programs());
    all.extend(encodings());
    all.extend(polyglots());
    all.extend(declared());
    all.extend(sizes());
    all
}

/// What a browser would run.
fn pages() -> Vec<Upload> {
    let script = "<script>alert(document.cookie)</script>";
    [
        ("a page as a picture", "a.png", format!("<!DOCTYPE html>{script}"), TYPE),
        ("a page in capitals", "a.jpg", format!("<HTML><BODY>{script}"), TYPE),
        ("a page behind a byte order mark", "a.txt", format!("\u{feff}<html>{script}"), TYPE),
        ("a page behind blanks", "a.txt", format!("  \t\r\n\r\n <html>{script}"), TYPE),
        ("a script alone", "a.txt", script.to_owned(), TYPE),
        ("a comment and a script", "a.txt", format!("<!-- x -->{script}"), TYPE),
        ("a frame", "a.gif", "<iframe src=javascript:alert(1)></iframe>".to_owned(), TYPE),
        (
            "an SVG as a picture",
            "a.png",
            "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_owned(),
            TYPE,
        ),
        ("an SVG behind an XML declaration", "a.svg", "<?xml version='1.0'?><svg onload='alert(1)'/>".to_owned(), TYPE),
        (
            "MathML",
            "a.txt",
            "<math><maction actiontype='statusline' href='javascript:alert(1)'/></math>".to_owned(),
            TYPE,
        ),
        ("an object", "a.txt", "<object data='javascript:alert(1)'></object>".to_owned(), TYPE),
        ("an unknown tag with a handler", "a.txt", "<x onclick=alert(1)>".to_owned(), Wanted::Harmless),
        ("JavaScript", "a.js", "alert(document.cookie)".to_owned(), TEXT),
        ("JavaScript as a picture", "a.png", "/*\u{89}PNG*/alert(1)".to_owned(), Wanted::Harmless),
        ("PHP as a picture", "shell.php.png", "<?php system($_GET['c']); ?>".to_owned(), Wanted::Harmless),
        ("PHP in capitals", "a.phtml", "<?PHP phpinfo();".to_owned(), Wanted::Harmless),
        ("a server-side include", "a.shtml", "<!--#exec cmd=\"id\" -->".to_owned(), Wanted::Harmless),
        ("a page of JSP", "a.jsp", "<% Runtime.getRuntime().exec(\"id\"); %>".to_owned(), Wanted::Harmless),
        ("a saved page", "a.mht", format!("MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n{script}"), TEXT),
        ("HTML in UTF-7", "a.txt", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-".to_owned(), TEXT),
        ("a formula for a spreadsheet", "a.csv", "=cmd|' /C calc'!A0".to_owned(), TEXT),
        ("an entity bomb", "a.xml", "<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'b'>]><l>&a;</l>".to_owned(), TYPE),
        (
            "an external entity",
            "a.xml",
            "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>".to_owned(),
            Wanted::Harmless,
        ),
        ("a shell script", "a.txt", "#!/bin/sh\nrm -rf /\n".to_owned(), TYPE),
        ("the test string of virus scanners", "eicar.com", eicar(), TEXT),
    ]
    .into_iter()
    .map(|(name, file, text, wanted)| upload(name, file, text.as_bytes(), wanted))
    .collect()
}

/// In two parts, so that this file is none.
fn eicar() -> String {
    ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-", "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].concat()
}

/// What a machine would run or unpack.
fn programs() -> Vec<Upload> {
    let cases: [(&str, &[u8]); 18] = [
        ("a program of Windows", b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff"),
        ("a program of Linux", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0"),
        ("a program of macOS", b"\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0\x02\0\0\0"),
        ("a class of Java", b"\xca\xfe\xba\xbe\0\0\0\x34\0\x1d"),
        ("WebAssembly", b"\0asm\x01\0\0\0"),
        ("a ZIP archive", b"PK\x03\x04\x14\0\0\0\x08\0"),
        ("an empty ZIP archive", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        ("a gzip file, perhaps a bomb", b"\x1f\x8b\x08\0\0\0\0\0\0\x03"),
        ("a 7z archive", b"7z\xbc\xaf\x27\x1c\0\x04"),
        ("a RAR archive", b"Rar!\x1a\x07\x01\0"),
        ("an XZ file", b"\xfd7zXZ\0\0\x04"),
        ("a bzip2 file", b"BZh91AY&SY\x94\x3c\xa4\xd0"),
        ("a cabinet", b"MSCF\0\0\0\0\x2c\0\0\0"),
        ("a document with macros", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0"),
        ("a database of SQLite", b"SQLite format 3\0\x10\0\x01\x01"),
        ("a Flash film", b"CWS\x09\x14\0\0\0x\x9c"),
        ("a film of another kind", b"RIFF\x24\0\0\0AVI LIST"),
        ("a shortcut of Windows", b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0"),
    ];
    cases.into_iter().map(|(name, bytes)| upload(name, "a.png", bytes, TYPE)).collect()
}

/// Texts that are none.
fn encodings() -> Vec<Upload> {
    let utf_16: Vec<u8> = "<script>alert(1)</script>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: [(&str, Vec<u8>); 11] = [
        ("UTF-16 with a mark", [&b"\xff\xfe"[..], &utf_16].concat()),
        ("UTF-16 the other way round", b"\xfe\xff\0<\0s\0c\0r\0i\0p\0t\0>".to_vec()),
        ("UTF-16 without a mark", utf_16),
        ("UTF-32", b"\xff\xfe\0\0<\0\0\0".to_vec()),
        ("Latin-1", b"Gr\xfc\xdfe".to_vec()),
        ("overlong UTF-8", b"\xc0\xbcscript\xc0\xbe".to_vec()),
        ("a surrogate in UTF-8", b"a\xed\xa0\x80b".to_vec()),
        ("beyond the last character", b"a\xf5\x80\x80\x80b".to_vec()),
        ("a character cut off", b"hello \xe2\x82".to_vec()),
        ("a NUL inside", b"hello\0<script>".to_vec()),
        ("a NUL behind eight kilobytes", [&b"x".repeat(9_000)[..], b"\0"].concat()),
    ];
    cases.into_iter().map(|(name, bytes)| upload(name, "a.txt", &bytes, TYPE)).collect()
}

/// Good files of one kind that are something else to another reader: kept as what they begin as, and never run.
fn polyglots() -> Vec<Upload> {
    let script = b"<script>alert(1)</script>";
    let png: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01";
    vec![
        upload("a GIF that is JavaScript", "a.js", b"GIF89a/*\0\0*/=1;alert(1)//", Wanted::Kept("image/gif")),
        upload("a GIF with a page in it", "a.html", &[&b"GIF89a"[..], script].concat(), Wanted::Kept("image/gif")),
        upload(
            "a PNG with an archive behind it",
            "a.jar",
            &[png, b"PK\x03\x04\x14\0\0\0"].concat(),
            Wanted::Kept("image/png"),
        ),
        upload("a PNG with a page in it", "a.html", &[png, script].concat(), Wanted::Kept("image/png")),
        upload(
            "a JPEG with PHP in its comment",
            "a.php",
            b"\xff\xd8\xff\xfe\0\x1c<?php system($_GET[0]);?>",
            Wanted::Kept("image/jpeg"),
        ),
        upload(
            "a PDF with JavaScript",
            "a.pdf",
            b"%PDF-1.7\n1 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj",
            Wanted::Kept("application/pdf"),
        ),
        upload("a PDF that does not begin at its beginning", "a.pdf", b"\n\n%PDF-1.7\n", Wanted::Harmless),
        upload(
            "a PDF that is a page",
            "a.html",
            &[&b"%PDF-1.7\n"[..], script].concat(),
            Wanted::Kept("application/pdf"),
        ),
        upload("half a GIF's signature and a page", "a.gif", &[&b"GIF8"[..], script].concat(), Wanted::Harmless),
        upload("half a PNG's signature", "a.png", b"\x89PNG", TYPE),
        upload("a text that begins like a picture", "a.txt", b"BMW or GIFT, that is the question", TEXT),
        upload("a WebP that is a sound", "a.webp", b"RIFF\x24\0\0\0WAVEfmt ", TYPE),
        upload("a film's box and a page", "a.mp4", &[&b"\0\0\0\x18ftypevil"[..], script].concat(), Wanted::Harmless),
    ]
}

/// The type that the client says does not count.
fn declared() -> Vec<Upload> {
    let part = |mime: &str, content: &[u8]| {
        [part("name=\"file\"; filename=\"a.png\"", &format!("Content-Type: {mime}\r\n"), content), end()].concat()
    };
    vec![
        form("a page declared as a picture", part("image/png", b"<html><script>"), TYPE),
        form("an archive declared as text", part("text/plain", b"PK\x03\x04\x14\0"), TYPE),
        form("a text declared as a page", part("text/html", b"hello"), TEXT),
        form("a text declared as SVG", part("image/svg+xml", b"hello"), TEXT),
        form("a text declared as a script", part("application/javascript", b"hello"), TEXT),
        form("a text declared as nothing there is", part("x/y; charset=utf-7", b"hello"), TEXT),
        form("a text with a broken declaration", part("<script>", b"hello"), Wanted::Harmless),
        form("a picture declared as a page", part("text/html", b"GIF89a\x01\0\x01\0"), Wanted::Kept("image/gif")),
    ]
}

fn sizes() -> Vec<Upload> {
    vec![
        upload("one byte below the limit", "a.txt", &vec![b'x'; MOST - 1], TEXT),
        upload("exactly the limit", "a.txt", &vec![b'x'; MOST], TEXT),
        upload("one byte above the limit", "a.txt", &vec![b'x'; MOST + 1], Wanted::Refused(413)),
        upload("ten times the limit", "a.txt", &vec![b'x'; MOST * 10], Wanted::Refused(413)),
        upload("nothing", "a.txt", b"", Wanted::Refused(400)),
        upload("one byte", "a.txt", b"x", TEXT),
    ]
}
