//! An uploaded file: its id, its name, and which of our own files a URL names.

use std::fmt;

use domain::Subject;
use url::Url;
use uuid::Uuid;

use super::Kind;

/// Most characters in a file's name (contract, section 12).
const MAX_NAME_CHARS: usize = 255;

/// `file_` and 32 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId(pub(crate) Uuid);

impl FileId {
    /// Reads a path; another form is an unknown file.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix("file_")?;
        let is_ours = hex.len() == 32 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_ours.then(|| Uuid::try_parse(hex).ok().map(Self))?
    }

    /// The file that a URL names, if the URL is `/files/{id}` on our own origin.
    pub(crate) fn named_by(url: &Url, origin: &str) -> Option<Self> {
        let own = Url::parse(origin).ok()?;
        let is_plain = url.query().is_none() && url.fragment().is_none();
        if url.origin() != own.origin() || !is_plain {
            return None;
        }
        Self::parse(url.path().strip_prefix("/files/")?)
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "file_{}", self.0.simple())
    }
}

/// A complete file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) id: FileId,
    pub(crate) uploader: Subject,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) size: u64,
    pub(crate) sha256: [u8; 32],
}

impl File {
    /// 64 lower-case hex digits.
    pub(crate) fn digest(&self) -> String {
        self.sha256.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The client's name without any directory part and control characters; `file` if nothing is left. The names of the two
/// directories that every folder has are directory parts too.
pub(crate) fn clean_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|character| !character.is_control()).take(MAX_NAME_CHARS).collect();
    if matches!(clean.as_str(), "" | "." | "..") { "file".to_owned() } else { clean }
}
