//! Folders over random sequences of what callers do, and the rules of files.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Actor, Aggregate as _, Change, Clock as _, RemovalReason, Stream, Subject, SystemClock, TicketEvent, TicketKey,
};
use proptest::prelude::*;
use url::Url;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Add,
    Describe(u8),
    HandOver,
    TakeOver,
    Remove,
    Empty(u8),
}

fn attachment(id: i64, name: &str) -> Attachment {
    let content = Content {
        file_url: "https://example.com/a.png".to_owned(),
        file_name: name.to_owned(),
        mime_type: None,
        file_size_bytes: None,
    };
    Attachment { id, ticket_id: 1523, content, uploaded_at: SystemClock.now(), file_id: None }
}

fn folder(deleted: bool) -> Folder {
    Folder::stored(Row { key: TicketKey(SystemClock.new_id()), ticket_id: 1523, version: 0, deleted })
}

fn take(folder: Folder, step: &Step, id: i64, now: DateTime<Utc>) -> Result<Change<Folder>, Gone> {
    let actor = Actor::guest();
    match step {
        Step::Add => folder.add(actor, attachment(id, "a"), now),
        Step::Describe(name) => folder.describe(actor, &attachment(id, "0"), attachment(id, &name.to_string()), now),
        Step::HandOver => folder.hand_over(actor, id, now),
        Step::TakeOver => folder.take_over(actor, attachment(id, "a"), now),
        Step::Remove => folder.remove(actor, id, now),
        Step::Empty(count) => Ok(folder.empty((0..i64::from(*count)).collect(), now)),
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Add),
        (0..3_u8).prop_map(Step::Describe),
        Just(Step::HandOver),
        Just(Step::TakeOver),
        Just(Step::Remove),
        (0..4_u8).prop_map(Step::Empty),
    ]
}

proptest! {
    #[test]
    fn every_step_counts_its_events_without_gaps(steps in prop::collection::vec(step(), 0..40)) {
        let start = SystemClock.now();
        let mut current = folder(false);
        for (index, step) in steps.iter().enumerate() {
            let before = current.version();
            let change = take(current, step, index as i64, start + TimeDelta::seconds(index as i64)).unwrap();
            let expected = match step {
                Step::Describe(0) => 0,
                Step::Empty(count) => usize::from(*count),
                _ => 1,
            };
            prop_assert_eq!(change.events().len(), expected, "an event for every change and for nothing else");
            for (offset, event) in change.events().iter().enumerate() {
                prop_assert_eq!(event.version, before + 1 + offset as i64);
                prop_assert_eq!(&event.state, &None, "the ticket's state is not ours to tell");
            }
            prop_assert_eq!(change.next().version(), before + expected as i64);
            current = Folder::stored(change.into_next().row().clone());
        }
    }

    #[test]
    fn a_deleted_ticket_takes_nothing_more(step in step()) {
        let outcome = take(folder(true), &step, 1, SystemClock.now());
        match step {
            Step::Empty(_) => prop_assert!(outcome.is_ok()),
            _ => prop_assert!(outcome.is_err()),
        }
    }

    #[test]
    fn names_are_safe_whatever_was_sent(given in "(\\PC|[\\x00-\\x20/\\\\.]){0,300}") {
        let name = clean_name(&given);
        prop_assert!(!name.is_empty() && name.chars().count() <= 255);
        prop_assert!(!name.contains(['/', '\\']) && !name.chars().any(char::is_control));
        prop_assert!(name != "." && name != "..");
    }

    #[test]
    fn the_pieces_a_text_comes_in_do_not_matter(text in "\\PC{1,200}", cuts in prop::collection::vec(1..9_usize, 0..80)) {
        let whole = inspect(&[text.as_bytes()]);
        let mut pieces = Vec::new();
        let mut rest = text.as_bytes();
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        prop_assert_eq!(inspect(&pieces), whole);
    }

    #[test]
    fn a_part_is_within_the_file(header in "(bytes|items)?=?[0-9]{0,20}-?[0-9]{0,20}", size in 1_u64..10_000) {
        if let Part::Bytes(bytes) = part(&header, size) {
            prop_assert!(bytes.start < bytes.end && bytes.end <= size);
        }
    }
}

fn inspect(pieces: &[&[u8]]) -> Result<(Vec<u8>, Kind), Refused> {
    let mut inspector = Inspector::new(100_000);
    let mut stored = Vec::new();
    for piece in pieces {
        stored.extend_from_slice(&inspector.take(piece)?);
    }
    let (rest, inspection) = inspector.end()?;
    stored.extend_from_slice(&rest);
    assert_eq!(inspection.size, stored.len() as u64, "what was counted is what is stored");
    Ok((stored, inspection.kind))
}

#[test]
fn emptying_tells_one_removal_for_each_attachment_by_the_system() {
    let change = folder(true).empty(vec![7, 9], SystemClock.now());
    let reason = RemovalReason::TicketDeleted;
    let told: Vec<_> = change.events().iter().map(|new| new.event.clone()).collect();
    let removed = |id: &str| TicketEvent::AttachmentRemoved { attachment_id: id.to_owned(), reason };
    assert_eq!(told, [removed("7"), removed("9")]);
    assert_eq!(change.actor(), &Actor::system());
    assert_eq!(change.next().effect(), &Effect::Delete(vec![7, 9]));
    assert_eq!(change.next().stream(), Stream::of_attachments(change.next().key()));
}

#[test]
fn the_type_is_that_of_the_content() {
    let mp4 = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41";
    let accepted: [(&[u8], Kind); 19] = [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Kind::Png),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", Kind::Jpeg),
        (b"GIF87a\x01\0", Kind::Gif),
        (b"GIF89a\x01\0", Kind::Gif),
        (b"RIFF\x10\0\0\0WEBPVP8 ", Kind::Webp),
        (b"%PDF-1.7\n", Kind::Pdf),
        (mp4, Kind::Mp4),
        (b"hello", Kind::Text),
        ("\u{feff}Gr\u{fc}\u{df}e".as_bytes(), Kind::Text),
        (b"a", Kind::Text),
        (b"\n", Kind::Text),
        (b"BMW needs a new tyre", Kind::Text),
        (b"GIFT ideas", Kind::Text),
        (b"see %PDF for details", Kind::Text),
        (b"12345678WEBP is no picture", Kind::Text),
        (b"<3 thank you", Kind::Text),
        (b"<john@example.com> wrote:", Kind::Text),
        (b"2 < 3", Kind::Text),
        (b"a\x07b\x1b[0m", Kind::Text),
    ];
    for (bytes, kind) in accepted {
        assert_eq!(inspect(&[bytes]), Ok((bytes.to_vec(), kind)), "{}", String::from_utf8_lossy(bytes));
    }
    let refused: [&[u8]; 26] = [
        b"<!DOCTYPE html><p>x",
        b"<!doctype svg>",
        b"  \n<html>",
        b"\xef\xbb\xbf<html>",
        b"\xef\xbb\xbf<?xml version=\"1.0\"?>",
        b"<script>alert(1)</script>",
        b"<SCRIPT\n>",
        b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>",
        b"<svg",
        b"<?xml version=\"1.0\"?><svg/>",
        b"<math><mi>x</mi></math>",
        b"#!/bin/sh\nrm -rf /",
        b"PK\x03\x04\x14\0\0\0",
        b"\x1f\x8b\x08\0\0",
        b"MZ\x90\0\x03",
        b"\x7fELF\x02\x01\x01\0",
        b"BM\x36\0\0\0\0\0",
        b"\0\0\0\x1cftypM4V ",
        b"\0\0\0\x14ftypqt  ",
        b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01",
        b"text with \0 in it",
        b"not UTF-8: \xff",
        b"cut in a character: \xe2\x82",
        b"\xfe\xff\0h\0i",
        b"{\\rtf1 hello}",
        b"GIF89\0 almost",
    ];
    for bytes in refused {
        assert_eq!(inspect(&[bytes]), Err(Refused::Type), "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn text_is_text_to_its_last_byte() {
    let long = "x".repeat(9000);
    assert!(inspect(&[long.as_bytes(), "\u{20ac}".as_bytes()]).is_ok());
    assert_eq!(inspect(&[long.as_bytes(), b"\0"]), Err(Refused::Type));
    assert_eq!(inspect(&[long.as_bytes(), b"\xe2\x82"]), Err(Refused::Type));
    assert_eq!(inspect(&[long.as_bytes(), b"\xe2\x82", b"\xac"]).map(|found| found.1), Ok(Kind::Text));
    assert_eq!(inspect(&[long.as_bytes(), b"\xe2\x82", b"x"]), Err(Refused::Type));
}

#[test]
fn an_empty_file_and_one_that_is_too_large_are_refused() {
    assert_eq!(inspect(&[]), Err(Refused::Empty));
    assert_eq!(inspect(&[b"", b""]), Err(Refused::Empty));
    assert!(inspect(&[&[b'x'; 60_000], &[b'x'; 40_000]]).is_ok());
    assert_eq!(inspect(&[&[b'x'; 60_000], &[b'x'; 40_001]]), Err(Refused::TooLarge));
}

#[test]
fn names_lose_directories_and_control_characters() {
    for (given, expected) in [
        ("note.txt", "note.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\evil.exe", "evil.exe"),
        ("/", "file"),
        ("", "file"),
        ("a/", "file"),
        ("..", "file"),
        (".", "file"),
        (".htaccess", ".htaccess"),
        ("a\r\nSet-Cookie: x\0.png", "aSet-Cookie: x.png"),
        ("\u{7f}\u{85}", "file"),
        ("Factura n\u{ba} 3 \u{2013} M\u{e1}laga.pdf", "Factura n\u{ba} 3 \u{2013} M\u{e1}laga.pdf"),
    ] {
        assert_eq!(clean_name(given), expected, "{given:?}");
    }
    assert_eq!(clean_name(&"\u{1F600}".repeat(300)).chars().count(), 255);
}

#[test]
fn only_plain_urls_on_our_origin_name_our_files() {
    let hex = "0199a4e1c2d37f40a1b2c3d4e5f60718";
    let id = FileId::parse(&format!("file_{hex}")).unwrap();
    assert_eq!(id.to_string(), format!("file_{hex}"));
    for (url, expected) in [
        (format!("http://127.0.0.1:8080/files/file_{hex}"), Some(id)),
        (format!("HTTP://127.0.0.1:8080/files/file_{hex}"), Some(id)),
        (format!("https://127.0.0.1:8080/files/file_{hex}"), None),
        (format!("http://127.0.0.1/files/file_{hex}"), None),
        (format!("http://localhost:8080/files/file_{hex}"), None),
        (format!("http://127.0.0.1:8080/files/file_{hex}?x"), None),
        (format!("http://127.0.0.1:8080/files/file_{hex}/"), None),
        (format!("http://127.0.0.1:8080/files/file_{}", hex.to_uppercase()), None),
        (format!("http://127.0.0.1:8080/x/files/file_{hex}"), None),
        ("http://127.0.0.1:8080/files/file_1".to_owned(), None),
    ] {
        assert_eq!(FileId::named_by(&Url::parse(&url).unwrap(), "http://127.0.0.1:8080"), expected, "{url}");
    }
}

#[test]
fn one_range_is_served_and_anything_else_gets_the_whole_file() {
    for (header, expected) in [
        ("bytes=0-0", Part::Bytes(0..1)),
        ("bytes=2-4", Part::Bytes(2..5)),
        ("bytes=2-", Part::Bytes(2..10)),
        ("bytes=2-99", Part::Bytes(2..10)),
        ("bytes=-3", Part::Bytes(7..10)),
        ("bytes=-99", Part::Bytes(0..10)),
        ("Bytes = 1-2", Part::Bytes(1..3)),
        ("bytes=0-99999999999999999999999", Part::Bytes(0..10)),
        ("bytes=10-", Part::Nowhere),
        ("bytes=99999999999999999999999-", Part::Nowhere),
        ("bytes=-0", Part::Nowhere),
        ("bytes=4-2", Part::Whole),
        ("bytes=0-1,3-4", Part::Whole),
        ("bytes=-", Part::Whole),
        ("bytes=", Part::Whole),
        ("bytes=a-b", Part::Whole),
        ("bytes=+1-2", Part::Whole),
        ("bytes=--1", Part::Whole),
        ("items=0-1", Part::Whole),
        ("bytes", Part::Whole),
        ("", Part::Whole),
    ] {
        assert_eq!(part(header, 10), expected, "{header}");
    }
}

#[test]
fn a_file_shows_its_digest_in_lower_case() {
    let (subject, kind) = (Subject::try_from("u").unwrap(), Kind::Text);
    let id = FileId(SystemClock.new_id());
    let file = File { id, uploader: subject, name: "n".to_owned(), kind, size: 1, sha256: [0xab; 32] };
    assert_eq!(file.digest(), "ab".repeat(32));
    assert!(Kind::ALL.into_iter().all(|kind| Kind::parse(kind.mime()) == Some(kind)));
}
