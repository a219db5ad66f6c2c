//! The title of a ticket: any string, the empty one too, within a limit.

/// Most bytes of UTF-8 in a title (contract, section 3).
const MAX_BYTES: usize = 4096;

/// A title, as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Title(String);

/// The text cannot be a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("title has at most {MAX_BYTES} bytes and no U+0000")]
pub(crate) struct BadTitle;

impl Title {
    /// A title as the database has it.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Title {
    type Error = BadTitle;

    fn try_from(text: String) -> Result<Self, BadTitle> {
        if text.len() <= MAX_BYTES && !text.contains('\0') { Ok(Self(text)) } else { Err(BadTitle) }
    }
}
