//! Follows PostgreSQL's messages as their bytes go by, in one direction: a byte for the kind, four for the length of the
//! rest (themselves among it), the rest. Nothing is kept but the place.

/// The kind of the first message of a client, which has no byte for it.
pub(super) const STARTUP: u8 = 0;

/// The place in a stream of messages.
#[derive(Debug)]
pub(super) struct Frames {
    kind: u8,
    /// The bytes of the head that are there; a startup message counts as one whose first byte is.
    head_bytes: u8,
    length: u32,
    /// The bytes that are left of the message's body.
    body_left: u32,
}

impl Frames {
    /// What a server sends.
    pub(super) fn of_server() -> Self {
        Self { kind: STARTUP, head_bytes: 0, length: 0, body_left: 0 }
    }

    /// What a client sends: first the message without a kind.
    pub(super) fn of_client() -> Self {
        Self { head_bytes: 1, ..Self::of_server() }
    }

    /// Whether the last byte ended a message.
    pub(super) fn is_between_messages(&self) -> bool {
        self.head_bytes == 0
    }

    /// Goes on over these bytes and names the kind of each message that they complete.
    pub(super) fn pass(&mut self, mut bytes: &[u8], mut completed: impl FnMut(u8)) {
        loop {
            while self.head_bytes < 5 {
                let Some((byte, rest)) = bytes.split_first() else { return };
                if self.head_bytes == 0 {
                    (self.kind, self.length) = (*byte, 0);
                } else {
                    self.length = (self.length << 8) | u32::from(*byte);
                }
                bytes = rest;
                self.head_bytes += 1;
                self.body_left = self.length.saturating_sub(4);
            }
            let here = bytes.len().min(usize::try_from(self.body_left).unwrap_or(usize::MAX));
            bytes = bytes.get(here..).unwrap_or_default();
            self.body_left = self.body_left.saturating_sub(u32::try_from(here).unwrap_or(u32::MAX));
            if self.body_left > 0 {
                return;
            }
            self.head_bytes = 0;
            completed(self.kind);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_wherever_the_bytes_are_cut() {
        let mut stream = vec![0, 0, 0, 9, 1, 2, 3, 4, 5];
        stream.extend_from_slice(b"P\0\0\0\x06ab");
        stream.extend_from_slice(b"S\0\0\0\x04");
        stream.extend_from_slice(b"Q\0\0\0\x0aZ\0\0\0\x05I");
        for size in 1..=stream.len() {
            let (mut frames, mut kinds) = (Frames::of_client(), Vec::new());
            for part in stream.chunks(size) {
                frames.pass(part, |kind| kinds.push(kind));
            }
            assert_eq!(kinds, [STARTUP, b'P', b'S', b'Q'], "in parts of {size}");
            assert!(frames.is_between_messages());
            frames.pass(b"B\0\0", |kind| kinds.push(kind));
            assert!(kinds.len() == 4 && !frames.is_between_messages());
        }
    }
}
