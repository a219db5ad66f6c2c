//! A conversation message (section 6): checked once, kept as it was sent.

use std::fmt::Write as _;

use crate::element::{Element, Elements, put_lines};

/// What stands for U+0000 in plain text: JSON clients and databases take no NUL.
const REPLACEMENT: &str = "\u{fffd}";

/// Why bytes are no message. The texts are the contract's, exact (section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// No bytes.
    #[error("empty message")]
    Empty,
    /// A type or a length is truncated, over five bytes or over 2^32 - 1.
    #[error("bad frame header")]
    FrameHeader,
    /// The first type is not that of a message.
    #[error("root is not a message")]
    Root,
    /// A length exceeds what is left of the enclosing frame.
    #[error("frame too long")]
    FrameTooLong,
    /// Something else than a paragraph.
    #[error("unexpected frame in message")]
    InMessage,
    /// Something else than text, a format, a link or a mention.
    #[error("unexpected frame in paragraph")]
    InParagraph,
    /// A text is not UTF-8.
    #[error("text is not UTF-8")]
    Text,
    /// The formats are not two bytes.
    #[error("bad format length")]
    FormatLength,
    /// A format other than emphasis and strong.
    #[error("unknown format flag")]
    FormatFlag,
    /// A link's label or URL does not fit.
    #[error("bad hyperlink")]
    Hyperlink,
    /// A mention is not exactly the number of a user.
    #[error("bad mention")]
    Mention,
}

/// A valid conversation message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    stored: Vec<u8>,
}

impl Message {
    /// Checks a message. Bytes after the root frame are dropped.
    pub fn parse(bytes: &[u8]) -> Result<Self, Invalid> {
        let (mut elements, length) = Elements::open(bytes)?;
        elements.try_for_each(|element| element.map(drop))?;
        Ok(Self { stored: bytes.get(..length).unwrap_or(bytes).to_vec() })
    }

    /// Makes a message of plain text: a paragraph per line, however the lines end (LF, CRLF or CR).
    pub fn from_text(text: &str) -> Self {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut stored = Vec::new();
        put_lines(&mut stored, text.split('\n'));
        Self { stored }
    }

    /// The bytes of the root frame, as they were sent.
    pub fn stored(&self) -> &[u8] {
        &self.stored
    }

    /// The bytes of the root frame, as they were sent.
    pub fn into_stored(self) -> Vec<u8> {
        self.stored
    }

    /// The message for those who cannot show formats (section 7).
    pub fn plain_text(&self) -> String {
        let mut text = String::new();
        let mut first = true;
        for element in self.elements() {
            match element {
                Element::Paragraph if first => first = false,
                Element::Paragraph => text.push('\n'),
                Element::Text(piece) => text.push_str(piece),
                Element::Format => {}
                Element::Hyperlink { label, url } if label.is_empty() || label == url => text.push_str(url),
                Element::Hyperlink { label, url } => {
                    let _ = write!(text, "{label} ({url})");
                }
                Element::Mention(number) => {
                    let _ = write!(text, "@{number}");
                }
            }
        }
        text.replace('\0', REPLACEMENT)
    }

    /// The numbers of the mentioned users, each once, ascending. There may be no such users.
    pub fn mentions(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = self
            .elements()
            .filter_map(|element| match element {
                Element::Mention(number) => Some(number),
                _ => None,
            })
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        // The bytes were checked by the same walk, so there is no error to drop.
        Elements::open(&self.stored).into_iter().flat_map(|(elements, _)| elements.flatten())
    }
}
