//! Sections 6, 7 and 9.2: valid messages, their plain text and their mentions.

use conversation::Message;

use crate::hex::{bytes, hex};

const RICH: &str = "002c012a0203486920030202000204626f6c64040202000200050f04646f6373687474703a2f2f782e790602ac02";

fn parsed(message: &str) -> Message {
    Message::parse(&bytes(message)).unwrap()
}

#[test]
fn the_golden_messages_are_stored_as_sent() {
    let long = format!("008801018501028201{}", "78".repeat(130));
    let golden = [
        ("00090107020548656c6c6f", "Hello"),
        ("0000", ""),
        ("00020100", ""),
        ("00160103020141010f0202c3a90302010002016204020100", "A\néb"),
        (RICH, "Hi bolddocs (http://x.y)@300"),
        ("0011010f050d0068747470733a2f2f782e792f", "https://x.y/"),
        (&long, &"x".repeat(130)),
        ("000901070605ffffffff07", "@2147483647"),
        ("0089000107020548656c6c6f", "Hello"),
    ];
    for (message, text) in golden {
        assert_eq!(hex(parsed(message).stored()), message);
        assert_eq!(parsed(message).plain_text(), text);
    }
}

#[test]
fn bytes_after_the_root_frame_are_dropped() {
    assert_eq!(hex(parsed("00090107020548656c6c6fff").stored()), "00090107020548656c6c6f");
    assert_eq!(hex(&parsed("0000000501").into_stored()), "0000");
}

#[test]
fn mentions_are_listed_once_each() {
    assert_eq!(parsed(RICH).mentions(), [300]);
    assert_eq!(parsed("000901070605ffffffff07").mentions(), [2_147_483_647]);
    assert_eq!(parsed("000b0109060109060102060109").mentions(), [2, 9]);
    assert_eq!(parsed("00090107020548656c6c6f").mentions(), [0; 0]);
}

#[test]
fn a_link_whose_label_is_its_address_is_shown_once() {
    assert_eq!(parsed("0017011505130968747470733a2f2f7868747470733a2f2f78").plain_text(), "https://x");
}

#[test]
fn a_nul_is_replaced_in_plain_text_and_kept_in_the_message() {
    let message = parsed("000701050203610062");
    assert_eq!(message.plain_text(), "a\u{fffd}b");
    assert_eq!(hex(message.stored()), "000701050203610062");
}

#[test]
fn links_may_have_no_scheme_or_one_of_three() {
    for url in ["www.example.com", "HTTP://x", "https:x", "MailTo:a@b", "/a:b", "1a:b", "?", ":x", "x/y:z"] {
        assert!(Message::parse(&link(url)).is_ok(), "{url}");
    }
    for url in ["ftp://x", "javascript:x", "JAVASCRIPT:x", "www.example.com:80", "data:,x", "h+.-:x", "httpss:x", "a b"]
    {
        assert_eq!(Message::parse(&link(url)).unwrap_err().to_string(), "bad hyperlink", "{url}");
    }
}

#[test]
fn an_address_may_have_2048_bytes() {
    assert!(Message::parse(&link(&"x".repeat(2048))).is_ok());
    assert!(Message::parse(&link(&"x".repeat(2049))).is_err());
}

#[test]
fn plain_text_becomes_a_paragraph_per_line() {
    assert_eq!(hex(Message::from_text("Hello").stored()), "00090107020548656c6c6f");
    assert_eq!(
        hex(Message::from_text("a\r\nb\rc\n\nd").stored()),
        "0016010302016101030201620103020163010001030201 64".replace(' ', "")
    );
    assert_eq!(hex(Message::from_text("").stored()), "00020100");
    assert_eq!(hex(Message::from_text("a\n").stored()), "000701030201610100");
}

/// A message of one link without a label.
fn link(url: &str) -> Vec<u8> {
    let frame = |kind: u8, body: &[u8]| {
        let length = u16::try_from(body.len()).unwrap();
        let length = [length.to_le_bytes()[0] | 0x80, u8::try_from(length >> 7).unwrap()];
        [&[kind, length[0], length[1]], body].concat()
    };
    frame(0, &frame(1, &frame(5, &[&[0], url.as_bytes()].concat())))
}
