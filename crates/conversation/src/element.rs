//! Reading a message front to back: one pass over the bytes that yields what it finds, or the first problem.
//!
//! Checking, plain text and mentions are the same walk. The tree is three levels deep at most (message, paragraph,
//! element), so the walk keeps the rest of the message and the rest of the paragraph and needs no recursion.

use crate::leb128;
use crate::message::Invalid;

const MESSAGE: u32 = 0;
const PARAGRAPH: u32 = 1;
const TEXT: u32 = 2;
const PUSH_FORMAT: u32 = 3;
const POP_FORMAT: u32 = 4;
const HYPERLINK: u32 = 5;
const MENTION: u32 = 6;

/// Emphasis (1) and strong (2).
const KNOWN_FORMATS: u16 = 0b11;

/// What fits a link of any kind; a browser's address line takes no more either.
const MAX_URL_BYTES: usize = 2048;

/// User numbers are positive 32-bit integers.
const MAX_USER_NUMBER: u32 = i32::MAX as u32;

/// What a schemed URL may begin with. A renderer makes links of these, so no `javascript:`.
const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

/// A piece of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element<'a> {
    /// A paragraph begins.
    Paragraph,
    /// Text as it is.
    Text(&'a str),
    /// A change of the formats that are on.
    Format,
    /// A link.
    Hyperlink { label: &'a str, url: &'a str },
    /// The number of a user.
    Mention(u32),
}

/// The rest of a message.
#[derive(Debug, Clone)]
pub(crate) struct Elements<'a> {
    message: &'a [u8],
    paragraph: &'a [u8],
}

impl<'a> Elements<'a> {
    /// Opens the root frame. Also says how many bytes it has, header included.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<(Self, usize), Invalid> {
        if bytes.is_empty() {
            return Err(Invalid::Empty);
        }
        let mut rest = bytes;
        if kind(&mut rest)? != MESSAGE {
            return Err(Invalid::Root);
        }
        let message = body(&mut rest)?;
        Ok((Self { message, paragraph: &[] }, bytes.len() - rest.len()))
    }

    /// The next piece, or `None` at the end of the message.
    fn step(&mut self) -> Result<Option<Element<'a>>, Invalid> {
        if !self.paragraph.is_empty() {
            return element(&mut self.paragraph).map(Some);
        }
        if self.message.is_empty() {
            return Ok(None);
        }
        if kind(&mut self.message)? != PARAGRAPH {
            return Err(Invalid::InMessage);
        }
        self.paragraph = body(&mut self.message)?;
        Ok(Some(Element::Paragraph))
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, Invalid>;

    /// After a problem the walk is at its end.
    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step();
        if step.is_err() {
            (self.message, self.paragraph) = (&[], &[]);
        }
        step.transpose()
    }
}

fn kind(rest: &mut &[u8]) -> Result<u32, Invalid> {
    leb128::take(rest).ok_or(Invalid::FrameHeader)
}

/// Reads a length and takes that many bytes.
fn body<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Invalid> {
    let length = leb128::take(rest).ok_or(Invalid::FrameHeader)?;
    let length = usize::try_from(length).map_err(|_| Invalid::FrameTooLong)?;
    let (body, after) = rest.split_at_checked(length).ok_or(Invalid::FrameTooLong)?;
    *rest = after;
    Ok(body)
}

fn element<'a>(rest: &mut &'a [u8]) -> Result<Element<'a>, Invalid> {
    match kind(rest)? {
        TEXT => {
            let text = str::from_utf8(body(rest)?).map_err(|_| Invalid::Text)?;
            Ok(Element::Text(text))
        }
        PUSH_FORMAT | POP_FORMAT => format(body(rest)?),
        HYPERLINK => hyperlink(body(rest)?).ok_or(Invalid::Hyperlink),
        MENTION => mention(body(rest)?).ok_or(Invalid::Mention),
        _ => Err(Invalid::InParagraph),
    }
}

fn format<'a>(body: &[u8]) -> Result<Element<'a>, Invalid> {
    let formats = u16::from_le_bytes(body.try_into().map_err(|_| Invalid::FormatLength)?);
    if formats & !KNOWN_FORMATS == 0 { Ok(Element::Format) } else { Err(Invalid::FormatFlag) }
}

fn hyperlink(mut body: &[u8]) -> Option<Element<'_>> {
    let length = usize::try_from(leb128::take(&mut body)?).ok()?;
    let (label, url) = body.split_at_checked(length)?;
    let label = str::from_utf8(label).ok()?;
    let url = str::from_utf8(url).ok()?;
    (label.trim() == label && is_url(url)).then_some(Element::Hyperlink { label, url })
}

fn mention<'a>(mut body: &[u8]) -> Option<Element<'a>> {
    let number = leb128::take(&mut body)?;
    (body.is_empty() && (1..=MAX_USER_NUMBER).contains(&number)).then_some(Element::Mention(number))
}

fn is_url(url: &str) -> bool {
    let printable = url.bytes().all(|byte| byte.is_ascii_graphic());
    let known = scheme(url).is_none_or(|scheme| SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme)));
    (1..=MAX_URL_BYTES).contains(&url.len()) && printable && known
}

/// What stands before the first colon, if it looks like a scheme (RFC 3986).
fn scheme(url: &str) -> Option<&str> {
    let (scheme, _) = url.split_once(':')?;
    let rest = scheme.strip_prefix(|first: char| first.is_ascii_alphabetic())?;
    rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte)).then_some(scheme)
}

/// Appends a message of plain lines: a paragraph per line, an empty line has no text.
pub(crate) fn put_lines<'a>(out: &mut Vec<u8>, lines: impl Iterator<Item = &'a str>) {
    let mut paragraphs = Vec::new();
    for line in lines {
        let mut text = Vec::new();
        if !line.is_empty() {
            put_frame(&mut text, TEXT, line.as_bytes());
        }
        put_frame(&mut paragraphs, PARAGRAPH, &text);
    }
    put_frame(out, MESSAGE, &paragraphs);
}

fn put_frame(out: &mut Vec<u8>, kind: u32, body: &[u8]) {
    leb128::put(out, kind as usize);
    leb128::put(out, body.len());
    out.extend_from_slice(body);
}
