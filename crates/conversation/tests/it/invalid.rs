//! Sections 6.3 and 9.3: what is no message, with the exact reason.

use conversation::Message;

use crate::hex::bytes;

fn check(cases: &[(&str, &str)]) {
    for (message, reason) in cases {
        assert_eq!(Message::parse(&bytes(message)).unwrap_err().to_string(), *reason, "{message}");
    }
}

#[test]
fn the_golden_reasons_are_given() {
    check(&[
        ("", "empty message"),
        ("00", "bad frame header"),
        ("80808080800000", "bad frame header"),
        ("01020200", "root is not a message"),
        ("00050102", "frame too long"),
        ("00050103020548", "frame too long"),
        ("00020200", "unexpected frame in message"),
        ("000401020100", "unexpected frame in paragraph"),
        ("000401020700", "unexpected frame in paragraph"),
        ("000501030201ff", "text is not UTF-8"),
        ("00050103030101", "bad format length"),
        ("0006010403020400", "unknown format flag"),
        ("00050103050105", "bad hyperlink"),
        ("0011010f050d022061687474703a2f2f782e79", "bad hyperlink"),
        ("0006010405020161", "bad hyperlink"),
        ("0011010f050d0161687474703a2f2fc3a92e79", "bad hyperlink"),
        ("001801160514006a6176617363726970743a616c657274283129", "bad hyperlink"),
        ("00050103060100", "bad mention"),
        ("0009010706058080808008", "bad mention"),
        ("0006010406020101", "bad mention"),
    ]);
}

#[test]
fn headers_that_end_with_the_enclosing_frame_are_bad() {
    check(&[
        ("80", "bad frame header"),
        ("0080", "bad frame header"),
        ("00ffffffff1f", "bad frame header"),
        ("0001010000", "bad frame header"),
        ("0003010102", "bad frame header"),
        ("00020180", "bad frame header"),
    ]);
}

#[test]
fn a_message_is_not_in_a_message() {
    check(&[("00020000", "unexpected frame in message"), ("000401020000", "unexpected frame in paragraph")]);
}

#[test]
fn the_first_problem_is_the_reason() {
    check(&[
        ("01", "root is not a message"),
        ("0002027f", "unexpected frame in message"),
        ("00080103020548010602", "frame too long"),
        ("000a01030201ff0103060100", "text is not UTF-8"),
        ("000a01030601000103 0201ff".replace(' ', "").as_str(), "bad mention"),
        ("00040102077f", "unexpected frame in paragraph"),
    ]);
}

#[test]
fn labels_have_no_unicode_white_space_around_them() {
    for space in ["c2a0", "e38080", "09", "e280a8"] {
        let length = 4 + space.len() / 2;
        let frame = |label: String| {
            let label_bytes = label.len() / 2;
            let body = format!("{label_bytes:02x}{label}78");
            format!("00{:02x}01{:02x}05{:02x}{body}", length + 3, length + 1, length - 1)
        };
        check(&[(&frame(format!("61{space}")), "bad hyperlink"), (&frame(format!("{space}61")), "bad hyperlink")]);
    }
}

#[test]
fn a_label_and_a_text_must_be_utf8() {
    check(&[("00070105050301ff78", "bad hyperlink"), ("000601040202c328", "text is not UTF-8")]);
}
