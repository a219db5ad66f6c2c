//! Frames against what clients send, good and bad, whole and in pieces.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// A frame as a client sends it: masked.
fn sent(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x12, 0x34, 0x56, 0x78];
    let mut frame = frame(first & KIND, payload).to_vec();
    frame[0] = first;
    frame[1] |= MASKED;
    let head = frame.len() - payload.len();
    for (byte, mask) in frame[head..].iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
    frame.splice(head..head, mask);
    frame
}

fn all(decoder: &mut Decoder) -> Result<Vec<Heard>, CloseCode> {
    std::iter::from_fn(|| decoder.next().transpose()).collect()
}

fn heard(bytes: &[u8]) -> Result<Vec<Heard>, CloseCode> {
    let mut decoder = Decoder::new(Binary::Keep);
    decoder.feed(bytes);
    all(&mut decoder)
}

#[test]
fn messages_pings_and_goodbyes_are_heard_in_order() {
    let bytes =
        [sent(0x82, b"one"), sent(0x89, b"p"), sent(0x8a, b""), sent(0x82, &[7; 300]), sent(0x88, &[0x03, 0xe8, b'x'])]
            .concat();
    let expected = [
        Heard::Binary(Bytes::from_static(b"one")),
        Heard::Ping(Bytes::from_static(b"p")),
        Heard::Pong,
        Heard::Binary(vec![7; 300].into()),
        Heard::Close(Some(1000)),
    ];
    assert_eq!(heard(&bytes).unwrap(), expected);
    assert_eq!(heard(&sent(0x88, &[])).unwrap(), [Heard::Close(None)]);
}

#[test]
fn a_fragmented_message_is_one_message_and_pings_may_come_between() {
    let bytes = [sent(0x02, b"a"), sent(0x00, b"b"), sent(0x89, b""), sent(0x80, b"c")].concat();
    let expected = [Heard::Ping(Bytes::new()), Heard::Binary(Bytes::from_static(b"abc"))];
    assert_eq!(heard(&bytes).unwrap(), expected);
}

#[test]
fn a_message_of_65536_bytes_is_heard_and_a_longer_one_refused_by_its_declared_length() {
    let longest = sent(0x82, &vec![1; 65_536]);
    assert_eq!(heard(&longest).unwrap(), [Heard::Binary(vec![1; 65_536].into())]);
    assert_eq!(heard(&sent(0x82, &vec![1; 65_537])[..14]), Err(CloseCode::TooBig));
    let mut huge = sent(0x82, b"");
    huge.splice(1..2, [0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(heard(&huge), Err(CloseCode::TooBig));
}

#[test]
fn fragments_are_too_long_together() {
    let bytes = [sent(0x02, &vec![1; 65_000]), sent(0x00, &[1; 536]), sent(0x80, &[1])].concat();
    assert_eq!(heard(&bytes), Err(CloseCode::TooBig));
}

#[test]
fn what_came_before_a_bad_frame_is_heard_first() {
    let mut decoder = Decoder::new(Binary::Keep);
    decoder.feed(&[sent(0x82, b"good"), vec![0xff, 0xff, 0, 0, 0, 0]].concat());
    assert_eq!(decoder.next(), Ok(Some(Heard::Binary(Bytes::from_static(b"good")))));
    assert_eq!(decoder.next(), Err(CloseCode::Protocol));
}

#[test]
fn what_the_rfc_forbids_is_refused() {
    let cases = [
        ("not masked", vec![0x82, 0x00]),
        ("a reserved bit", sent(0xc2, b"")),
        ("an unknown kind", sent(0x83, b"")),
        ("an unknown control kind", sent(0x8b, b"")),
        ("a fragmented ping", sent(0x09, b"")),
        ("a long ping", sent(0x89, &[0; 126])),
        ("the rest of nothing", sent(0x80, b"")),
        ("a message inside a message", [sent(0x02, b"a"), sent(0x82, b"b")].concat()),
        ("half a close code", sent(0x88, &[3])),
        ("a close code nobody may send", sent(0x88, &[0x03, 0xed])),
    ];
    for (what, bytes) in cases {
        assert_eq!(heard(&bytes), Err(CloseCode::Protocol), "{what}");
    }
}

#[test]
fn text_is_told_when_it_begins_and_never_kept() {
    let mut decoder = Decoder::new(Binary::Skip);
    decoder.feed(&[sent(0x01, b"a"), sent(0x89, b""), sent(0x00, &[0; 70_000]), sent(0x80, b"b")].concat());
    decoder.feed(&sent(0x81, &[0; 99_999])[..20]);
    assert_eq!(all(&mut decoder), Ok(vec![Heard::Text, Heard::Ping(Bytes::new()), Heard::Text]));
    assert!(decoder.buffer.is_empty());
}

#[test]
fn skipped_binary_messages_are_not_heard_however_long() {
    let mut decoder = Decoder::new(Binary::Skip);
    decoder.feed(&[sent(0x02, &[0; 99_999]), sent(0x80, &[0; 99_999]), sent(0x89, b"after")].concat());
    assert_eq!(all(&mut decoder), Ok(vec![Heard::Ping(Bytes::from_static(b"after"))]));
}

#[test]
fn what_the_server_sends_has_the_shortest_head() {
    assert_eq!(binary(&[0, 0x80, 0, 0x80, 0, 0, 0, 0])[..], [0x82, 0x08, 0, 0x80, 0, 0x80, 0, 0, 0, 0]);
    assert_eq!(text("ab")[..], [0x81, 2, b'a', b'b']);
    assert_eq!(ping()[..], [0x89, 0]);
    assert_eq!(pong(b"x")[..], [0x8a, 1, b'x']);
    assert_eq!(close(Some(1013))[..], [0x88, 2, 0x03, 0xf5]);
    assert_eq!(close(None)[..], [0x88, 0]);
    assert_eq!(binary(&[0; 126])[..4], [0x82, 126, 0, 126]);
    assert_eq!(binary(&[0; 65_536])[..10], [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
}

proptest! {
    #[test]
    fn messages_are_heard_however_their_bytes_arrive(messages in vec(vec(any::<u8>(), 0..400), 1..5), cuts in vec(1..200_usize, 1..50)) {
        let bytes: Vec<u8> = messages.iter().flat_map(|message| sent(0x82, message)).collect();
        let mut decoder = Decoder::new(Binary::Keep);
        let (mut found, mut rest) = (Vec::new(), &bytes[..]);
        for cut in cuts.iter().cycle() {
            let (piece, after) = rest.split_at((*cut).min(rest.len()));
            decoder.feed(piece);
            found.extend(all(&mut decoder).unwrap());
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        let expected: Vec<Heard> = messages.into_iter().map(|message| Heard::Binary(message.into())).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn arbitrary_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..300), keep in any::<bool>()) {
        let mut decoder = Decoder::new(if keep { Binary::Keep } else { Binary::Skip });
        decoder.feed(&bytes);
        let _ = all(&mut decoder);
    }
}
