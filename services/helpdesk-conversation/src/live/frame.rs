//! WebSocket frames (RFC 6455), the server's side: bytes in, messages out, and the other way round.
//!
//! Our own because the limits are ours: a message is refused by its declared length before its bytes are kept, text is
//! never kept at all, and what came before a bad frame is still handled before the connection ends.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use conversation::wire::{CloseCode, MAX_MESSAGE_BYTES};

const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;
const KIND: u8 = 0x0f;

const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

/// Control frames are short, by RFC 6455, section 5.5.
const MAX_CONTROL_BYTES: u64 = 125;
/// Lengths up to this stand in the second byte; 126 and 127 say that two or eight bytes follow.
const MAX_SHORT: usize = 125;
const TWO_BYTES: u8 = 126;
const EIGHT_BYTES: u8 = 127;

/// What a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// A text message begins. What it says is skipped.
    Text,
    /// A whole binary message.
    Binary(Bytes),
    /// To be answered with the same bytes.
    Ping(Bytes),
    /// The answer to a ping of ours.
    Pong,
    /// The client says goodbye, with this code if it gave one.
    Close(Option<u16>),
}

/// What is done with binary messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    /// They are put together, up to the protocol's limit.
    Keep,
    /// They are skipped, however long.
    Skip,
}

/// Reads what a client sends.
#[derive(Debug)]
pub(super) struct Decoder {
    binary: Binary,
    buffer: BytesMut,
    /// Bytes of a frame that is skipped, still to come.
    skip: u64,
    /// The fragmented message that is being received.
    fragments: Option<Fragments>,
}

#[derive(Debug)]
enum Fragments {
    Kept(BytesMut),
    Skipped,
}

/// A frame's first bytes.
#[derive(Debug, Clone, Copy)]
struct Head {
    is_final: bool,
    kind: u8,
    length: u64,
    mask: [u8; 4],
    bytes: usize,
}

impl Decoder {
    pub(super) fn new(binary: Binary) -> Self {
        Self { binary, buffer: BytesMut::new(), skip: 0, fragments: None }
    }

    /// Takes up bytes that arrived.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next thing the client sent, if it is there completely. After an error the connection must end.
    pub(super) fn next(&mut self) -> Result<Option<Heard>, CloseCode> {
        loop {
            self.skip_ahead();
            if self.skip > 0 {
                return Ok(None);
            }
            let Some(head) = Head::read(&self.buffer)? else { return Ok(None) };
            let heard = if head.kind & CLOSE == 0 { self.data(head)? } else { self.control(head)? };
            match heard {
                Step::Heard(heard) => return Ok(Some(heard)),
                Step::Wait => return Ok(None),
                Step::Next => {}
            }
        }
    }

    fn skip_ahead(&mut self) {
        let here = usize::try_from(self.skip).unwrap_or(usize::MAX).min(self.buffer.len());
        self.buffer.advance(here);
        self.skip -= here as u64;
    }

    fn data(&mut self, head: Head) -> Result<Step, CloseCode> {
        let begins = head.kind != CONTINUATION;
        if begins == self.fragments.is_some() {
            return Err(CloseCode::Protocol);
        }
        if begins && (head.kind == TEXT || self.binary == Binary::Skip) {
            self.fragments = Some(Fragments::Skipped);
        }
        if let Some(Fragments::Skipped) = self.fragments {
            self.buffer.advance(head.bytes);
            self.skip = head.length;
            self.fragments = (!head.is_final).then_some(Fragments::Skipped);
            return Ok(if head.kind == TEXT { Step::Heard(Heard::Text) } else { Step::Next });
        }
        let before = if let Some(Fragments::Kept(message)) = &self.fragments { message.len() } else { 0 };
        if head.length > (MAX_MESSAGE_BYTES - before) as u64 {
            return Err(CloseCode::TooBig);
        }
        let Some(payload) = self.payload(head) else { return Ok(Step::Wait) };
        let message = match self.fragments.take() {
            Some(Fragments::Kept(mut message)) => {
                message.extend_from_slice(&payload);
                message
            }
            Some(Fragments::Skipped) | None => payload,
        };
        if head.is_final {
            return Ok(Step::Heard(Heard::Binary(message.freeze())));
        }
        self.fragments = Some(Fragments::Kept(message));
        Ok(Step::Next)
    }

    fn control(&mut self, head: Head) -> Result<Step, CloseCode> {
        if !head.is_final || head.length > MAX_CONTROL_BYTES {
            return Err(CloseCode::Protocol);
        }
        let Some(payload) = self.payload(head) else { return Ok(Step::Wait) };
        Ok(Step::Heard(match head.kind {
            PING => Heard::Ping(payload.freeze()),
            PONG => Heard::Pong,
            _ => Heard::Close(close_code(&payload)?),
        }))
    }

    /// Takes the frame off the buffer, if all of it is there.
    fn payload(&mut self, head: Head) -> Option<BytesMut> {
        let length = usize::try_from(head.length).ok()?;
        if self.buffer.len() < head.bytes + length {
            return None;
        }
        self.buffer.advance(head.bytes);
        let mut payload = self.buffer.split_to(length);
        for (byte, mask) in payload.iter_mut().zip(head.mask.iter().cycle()) {
            *byte ^= mask;
        }
        Some(payload)
    }
}

/// How far the decoder got with a frame.
enum Step {
    Heard(Heard),
    Wait,
    Next,
}

impl Head {
    fn read(bytes: &[u8]) -> Result<Option<Self>, CloseCode> {
        let Some(([first, second], rest)) = bytes.split_first_chunk() else { return Ok(None) };
        let kind = first & KIND;
        let is_known = matches!(kind, CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG);
        if first & RESERVED != 0 || second & MASKED == 0 || !is_known {
            return Err(CloseCode::Protocol);
        }
        let (length, rest) = match second & !MASKED {
            TWO_BYTES => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), rest),
                None => return Ok(None),
            },
            EIGHT_BYTES => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from_be_bytes(*length), rest),
                None => return Ok(None),
            },
            short => (u64::from(short), rest),
        };
        let Some((mask, rest)) = rest.split_first_chunk() else { return Ok(None) };
        let bytes = bytes.len() - rest.len();
        Ok(Some(Self { is_final: first & FINAL != 0, kind, length, mask: *mask, bytes }))
    }
}

/// The code of a close frame (RFC 6455, section 7.4). The reason after it is of no interest.
fn close_code(payload: &[u8]) -> Result<Option<u16>, CloseCode> {
    let Some((code, _)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(None) } else { Err(CloseCode::Protocol) };
    };
    let code = u16::from_be_bytes(*code);
    let may_be_sent = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    if may_be_sent { Ok(Some(code)) } else { Err(CloseCode::Protocol) }
}

/// A binary message.
pub(super) fn binary(payload: &[u8]) -> Bytes {
    frame(BINARY, payload)
}

/// A text message.
pub(super) fn text(payload: &str) -> Bytes {
    frame(TEXT, payload.as_bytes())
}

/// Asks the client for a sign of life.
pub(super) fn ping() -> Bytes {
    frame(PING, &[])
}

/// The answer to a ping.
pub(super) fn pong(payload: &[u8]) -> Bytes {
    frame(PONG, payload)
}

/// Goodbye.
pub(super) fn close(code: Option<u16>) -> Bytes {
    code.map_or_else(|| frame(CLOSE, &[]), |code| frame(CLOSE, &code.to_be_bytes()))
}

/// Servers do not mask, and need not fragment.
fn frame(kind: u8, payload: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(10 + payload.len());
    frame.put_u8(FINAL | kind);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short), _) if payload.len() <= MAX_SHORT => frame.put_u8(short),
        (_, Ok(length)) => {
            frame.put_u8(TWO_BYTES);
            frame.put_u16(length);
        }
        _ => {
            frame.put_u8(EIGHT_BYTES);
            frame.put_u64(payload.len() as u64);
        }
    }
    frame.put_slice(payload);
    frame.freeze()
}

#[cfg(test)]
mod tests;
