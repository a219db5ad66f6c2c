//! The type of a file by its content, whatever the client says (contract, section 12).
//!
//! A type is accepted by its whole signature. The detector behind it is broader and looser: it is asked for everything
//! that is none of the accepted types, so that only what nothing recognises can pass as text.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

/// How many bytes of a file are looked at for its type: signatures are within the first 8 KiB.
const HEAD_BYTES: usize = 8 * 1024;

/// Types that the detector takes from two to four printable letters, which an ordinary text may begin with or contain
/// ("BMW", "GIFT"). Their real signatures are checked here, and real files of them are no text.
const LOOSE: [&str; 5] = ["image/bmp", "image/gif", "image/webp", "application/pdf", "video/quicktime"];

/// What a browser may take for a page or a picture with scripts in it, beyond what the detector knows.
const MARKUP: [&[u8]; 10] =
    [b"!doctype", b"html", b"head", b"body", b"script", b"iframe", b"svg", b"math", b"object", b"embed"];

/// An accepted type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Png,
    Jpeg,
    Gif,
    Webp,
    Pdf,
    Mp4,
    Text,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 7] = [Self::Png, Self::Jpeg, Self::Gif, Self::Webp, Self::Pdf, Self::Mp4, Self::Text];

    /// Its media type.
    pub(crate) fn mime(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Pdf => "application/pdf",
            Self::Mp4 => "video/mp4",
            Self::Text => "text/plain",
        }
    }

    /// The type of this media type.
    pub(crate) fn parse(mime: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.mime() == mime)
    }

    /// The type of a file that begins like this; text only if the rest is text too.
    fn of(head: &[u8]) -> Result<Self, Refused> {
        let detected = infer::get(head).map(|found| found.mime_type());
        if let Some(kind) = detected.and_then(Self::parse)
            && kind.has_signature(head)
        {
            return Ok(kind);
        }
        match detected {
            Some(mime) if !LOOSE.contains(&mime) => Err(Refused::Type),
            _ if is_markup(head) => Err(Refused::Type),
            _ => Ok(Self::Text),
        }
    }

    fn has_signature(self, head: &[u8]) -> bool {
        match self {
            Self::Png => head.starts_with(b"\x89PNG\r\n\x1a\n"),
            Self::Jpeg => head.starts_with(b"\xff\xd8\xff"),
            Self::Gif => head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a"),
            Self::Webp => head.starts_with(b"RIFF"),
            Self::Pdf => head.starts_with(b"%PDF-"),
            // The detector has compared the brand; a box begins with its length.
            Self::Mp4 => head.starts_with(&[0]),
            Self::Text => false,
        }
    }
}

/// Whether a text begins with one of the tags after which browsers have been known to run what follows.
fn is_markup(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let Some(tag) = text.strip_prefix(b"<") else { return false };
    MARKUP.iter().any(|name| {
        let begins = tag.len() >= name.len() && tag[..name.len()].eq_ignore_ascii_case(name);
        begins && tag.get(name.len()).is_none_or(|next| !next.is_ascii_alphanumeric())
    }) || infer::get(text).is_some_and(|found| found.matcher_type() == infer::MatcherType::Text)
}

/// Why a file is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// No bytes.
    Empty,
    /// More bytes than allowed.
    TooLarge,
    /// Not an accepted type.
    Type,
}

/// What is known of a file after its last byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inspection {
    pub(crate) kind: Kind,
    pub(crate) size: u64,
    pub(crate) sha256: [u8; 32],
}

/// Looks at a file while it passes, in pieces of any size.
#[derive(Debug)]
pub(crate) struct Inspector {
    max_bytes: u64,
    /// The first bytes, until they are enough to know the type.
    head: Vec<u8>,
    kind: Option<Kind>,
    text: Text,
    size: u64,
    digest: Sha256,
}

impl Inspector {
    pub(crate) fn new(max_bytes: u64) -> Self {
        Self { max_bytes, head: Vec::new(), kind: None, text: Text::default(), size: 0, digest: Sha256::new() }
    }

    /// Takes the next piece and gives what may be stored now: nothing as long as the type is not known.
    pub(crate) fn take<'p>(&mut self, piece: &'p [u8]) -> Result<Cow<'p, [u8]>, Refused> {
        self.size += piece.len() as u64;
        if self.size > self.max_bytes {
            return Err(Refused::TooLarge);
        }
        self.digest.update(piece);
        self.text.take(piece);
        if self.kind.is_some() {
            self.check_text()?;
            return Ok(Cow::Borrowed(piece));
        }
        self.head.extend_from_slice(piece);
        let is_enough = self.head.len() >= HEAD_BYTES;
        if is_enough { self.decide().map(Cow::Owned) } else { Ok(Cow::Borrowed(&[])) }
    }

    /// Takes the end, and gives what is left to store and what the file is.
    pub(crate) fn end(mut self) -> Result<(Vec<u8>, Inspection), Refused> {
        if self.size == 0 {
            return Err(Refused::Empty);
        }
        let rest = if self.kind.is_none() { self.decide()? } else { Vec::new() };
        let kind = self.kind.ok_or(Refused::Type)?;
        if kind == Kind::Text && !self.text.is_whole() {
            return Err(Refused::Type);
        }
        Ok((rest, Inspection { kind, size: self.size, sha256: self.digest.finalize().into() }))
    }

    fn decide(&mut self) -> Result<Vec<u8>, Refused> {
        self.kind = Some(Kind::of(&self.head)?);
        self.check_text()?;
        Ok(std::mem::take(&mut self.head))
    }

    /// A text that has gone wrong is refused where it does, and not after its last byte.
    fn check_text(&self) -> Result<(), Refused> {
        if self.kind == Some(Kind::Text) && self.text.is_broken { Err(Refused::Type) } else { Ok(()) }
    }
}

/// Whether a stream of bytes is UTF-8 without U+0000.
#[derive(Debug, Default)]
struct Text {
    /// The beginning of a character whose rest is in the next piece: at most three bytes.
    cut: Vec<u8>,
    is_broken: bool,
}

impl Text {
    fn take(&mut self, piece: &[u8]) {
        if self.is_broken {
            return;
        }
        let joined;
        let mut bytes = piece;
        if !self.cut.is_empty() {
            joined = [&self.cut[..], piece].concat();
            bytes = &joined;
        }
        let cut = match std::str::from_utf8(bytes) {
            Ok(_) => Vec::new(),
            // An end in the middle of a character is no error yet.
            Err(error) if error.error_len().is_none() => bytes[error.valid_up_to()..].to_vec(),
            Err(_) => {
                self.is_broken = true;
                Vec::new()
            }
        };
        self.is_broken |= bytes.contains(&0);
        self.cut = cut;
    }

    fn is_whole(&self) -> bool {
        !self.is_broken && self.cut.is_empty()
    }
}
