//! Valid messages and entries of any kind, for the property tests.

use conversation::wire::Entry;
use proptest::collection::vec;
use proptest::prelude::*;

/// A frame, as the generator knows it.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Text(String),
    Format(u8, u16),
    Link(String, String),
    Mention(u32),
}

/// The paragraphs of a message.
pub(crate) type Paragraphs = Vec<Vec<Piece>>;

pub(crate) fn paragraphs() -> impl Strategy<Value = Paragraphs> {
    vec(vec(piece(), 0..6), 0..6)
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        any::<String>().prop_map(Piece::Text),
        (3..=4_u8, 0..=3_u16).prop_map(|(kind, formats)| Piece::Format(kind, formats)),
        ("([a-zé][a-zé ]{0,150}[a-zé])?", "(https?:|mailto:)?[!-9;-~]{1,200}")
            .prop_map(|(label, url)| Piece::Link(label, url)),
        (1..=i32::MAX.cast_unsigned()).prop_map(Piece::Mention),
    ]
}

/// The message as its author would write it; numbers may take more bytes than they need.
pub(crate) fn encode(paragraphs: &Paragraphs, padding: usize) -> Vec<u8> {
    let mut body = Vec::new();
    for paragraph in paragraphs {
        let mut pieces = Vec::new();
        for piece in paragraph {
            put_piece(&mut pieces, piece, padding);
        }
        put_frame(&mut body, 1, &pieces, padding);
    }
    let mut message = Vec::new();
    put_frame(&mut message, 0, &body, padding);
    message
}

fn put_piece(out: &mut Vec<u8>, piece: &Piece, padding: usize) {
    match piece {
        Piece::Text(text) => put_frame(out, 2, text.as_bytes(), padding),
        Piece::Format(kind, formats) => put_frame(out, *kind, &formats.to_le_bytes(), padding),
        Piece::Link(label, url) => {
            let mut body = Vec::new();
            put_number(&mut body, label.len(), padding);
            body.extend_from_slice(label.as_bytes());
            body.extend_from_slice(url.as_bytes());
            put_frame(out, 5, &body, padding);
        }
        Piece::Mention(number) => {
            let mut body = Vec::new();
            put_number(&mut body, *number as usize, 0);
            put_frame(out, 6, &body, padding);
        }
    }
}

fn put_frame(out: &mut Vec<u8>, kind: u8, body: &[u8], padding: usize) {
    out.push(kind);
    put_number(out, body.len(), padding);
    out.extend_from_slice(body);
}

fn put_number(out: &mut Vec<u8>, mut value: usize, padding: usize) {
    let start = out.len();
    while value >= 0x80 || out.len() - start < padding {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
}

/// An entry that a server may have stored.
pub(crate) fn entry() -> impl Strategy<Value = Entry<'static>> {
    let message = (any::<i32>(), any::<i32>(), any::<i64>(), vec(any::<u8>(), 0..300))
        .prop_map(|(id, author, at, message)| Entry::NewMessage { id, author, at, message: message.into() });
    let joined = (any::<i32>(), any::<i64>(), vec(any::<i32>(), 1..40)).prop_map(|(id, at, users)| Entry::UserJoined {
        id,
        at,
        users: users.into(),
    });
    prop_oneof![message, joined]
}
