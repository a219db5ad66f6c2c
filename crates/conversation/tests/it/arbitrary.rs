//! Bytes from anyone: nothing panics, what goes in comes out, and what was accepted stays accepted.

use conversation::Message;
use conversation::wire::client::{FromServer, decode, get_history, send_message};
use conversation::wire::{self, Entry, GetHistory, Header, Received, receive};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::strategies::{Paragraphs, Piece, encode, entry, paragraphs};

/// What section 7 makes of a message.
fn expected_text(paragraphs: &Paragraphs) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Format(..) => String::new(),
        Piece::Link(label, url) if label.is_empty() || label == url => url.clone(),
        Piece::Link(label, url) => format!("{label} ({url})"),
        Piece::Mention(number) => format!("@{number}"),
    };
    let lines: Vec<String> = paragraphs.iter().map(|pieces| pieces.iter().map(piece).collect()).collect();
    lines.join("\n").replace('\0', "\u{fffd}")
}

fn expected_mentions(paragraphs: &Paragraphs) -> Vec<u32> {
    let mut numbers: Vec<u32> = paragraphs
        .iter()
        .flatten()
        .filter_map(|piece| if let Piece::Mention(number) = piece { Some(*number) } else { None })
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Whatever is done with a message that was accepted.
fn use_message(message: &Message) {
    let again = Message::parse(message.stored()).unwrap();
    assert_eq!(again, *message, "what is stored is valid as it is");
    assert_eq!(again.plain_text(), message.plain_text());
    assert!(!message.plain_text().contains('\0'));
    assert!(message.mentions().iter().all(|number| i32::try_from(*number).is_ok_and(|number| number > 0)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn arbitrary_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..200)) {
        if let Ok(message) = Message::parse(&bytes) {
            use_message(&message);
        }
        let _ = receive(&bytes);
        let _ = decode(&bytes);
    }

    #[test]
    fn frames_of_arbitrary_bytes_are_read_without_a_panic(bytes in vec(0..9_u8, 0..60)) {
        if let Ok(message) = Message::parse(&bytes) {
            use_message(&message);
        }
    }

    #[test]
    fn responses_of_arbitrary_bytes_are_read_without_a_panic(kind in 0x8000..0x8005_u16, body in vec(any::<u8>(), 0..200)) {
        let message = [&[0; 4], &kind.to_le_bytes()[..], &[0; 2], &body].concat();
        let _ = decode(&message);
        let _ = receive(&message);
    }

    #[test]
    fn valid_messages_are_accepted_and_understood(paragraphs in paragraphs(), padding in 0..3_usize, after in vec(any::<u8>(), 0..9)) {
        let bytes = encode(&paragraphs, padding);
        let message = Message::parse(&[&bytes[..], &after].concat()).unwrap();
        prop_assert_eq!(message.stored(), &bytes[..]);
        prop_assert_eq!(message.plain_text(), expected_text(&paragraphs));
        prop_assert_eq!(message.mentions(), expected_mentions(&paragraphs));
    }

    #[test]
    fn mutated_messages_are_read_without_a_panic(
        paragraphs in paragraphs(),
        changes in vec((any::<Index>(), any::<u8>()), 1..5),
        cut in any::<Index>(),
    ) {
        let mut bytes = encode(&paragraphs, 0);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        for bytes in [&bytes[..], &bytes[..cut.index(bytes.len() + 1)]] {
            if let Ok(message) = Message::parse(bytes) {
                prop_assert!(bytes.starts_with(message.stored()));
                use_message(&message);
            }
        }
    }

    #[test]
    fn a_message_cut_short_is_never_valid(paragraphs in paragraphs(), cut in any::<Index>()) {
        let bytes = encode(&paragraphs, 0);
        prop_assert!(Message::parse(&bytes[..cut.index(bytes.len())]).is_err());
    }

    #[test]
    fn text_comes_back_from_the_message_made_of_it(text in any::<String>()) {
        let message = Message::from_text(&text);
        let lines = text.replace("\r\n", "\n").replace('\r', "\n");
        prop_assert_eq!(message.plain_text(), lines.replace('\0', "\u{fffd}"));
        use_message(&message);
    }

    #[test]
    fn entries_come_back_from_their_event(entry in entry(), cookie in any::<u32>()) {
        let bytes = wire::new_entry(cookie, &entry);
        let (header, read) = decode(&bytes).unwrap();
        prop_assert_eq!(header.cookie, cookie);
        prop_assert_eq!(read, FromServer::NewEntry(entry));
    }

    #[test]
    fn entries_come_back_from_a_history(before in vec(entry(), 0..10), after in vec(entry(), 0..10), cookie in any::<u32>()) {
        let bytes = wire::history_entries(cookie, &before, &after);
        let (header, read) = decode(&bytes).unwrap();
        prop_assert_eq!(header, Header { cookie, kind: 0x8003, flags: 0 });
        prop_assert_eq!(read, FromServer::HistoryEntries { before, after });
    }

    #[test]
    fn histories_with_changed_bytes_are_read_without_a_panic(
        before in vec(entry(), 0..4),
        after in vec(entry(), 0..4),
        changes in vec((any::<Index>(), any::<u8>()), 1..5),
    ) {
        let mut bytes = wire::history_entries(1, &before, &after);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok((_, FromServer::HistoryEntries { before, after })) = decode(&bytes) {
            let ids = before.iter().chain(&after).map(Entry::id).count();
            prop_assert!(ids <= bytes.len());
        }
    }

    #[test]
    fn the_server_understands_what_a_client_sends(cookie in 0..0x8000_0000_u32, message in vec(any::<u8>(), 0..99), reference in any::<i32>(), before in any::<u16>(), after in any::<u16>()) {
        let sent = send_message(cookie, &message);
        prop_assert_eq!(receive(&sent), Received::SendMessage { cookie, message: &message });
        let wanted = GetHistory { reference, before, after };
        let asked = get_history(cookie, wanted);
        prop_assert_eq!(receive(&asked), Received::GetHistory { cookie, wanted });
    }
}
