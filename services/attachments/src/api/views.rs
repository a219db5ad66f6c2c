//! What clients see: exactly the documented members, in the documented order (contract, sections 9 and 12).

use serde::Serialize;
use utoipa::ToSchema;

use super::time;
use crate::model::{Attachment, File};

/// An attachment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttachmentView {
    #[schema(example = 8821)]
    attachment_id: i64,
    #[schema(example = 1523)]
    ticket_id: i64,
    #[schema(example = "https://cdn.kinconecta.com/attachments/error-screenshot.png")]
    file_url: String,
    #[schema(example = "error-screenshot.png")]
    file_name: String,
    #[schema(example = "image/png")]
    mime_type: Option<String>,
    #[schema(example = 245_678)]
    file_size_bytes: Option<i64>,
    #[schema(example = "2026-03-11T10:31:25")]
    uploaded_at: String,
}

impl From<Attachment> for AttachmentView {
    fn from(attachment: Attachment) -> Self {
        let content = attachment.content;
        Self {
            attachment_id: attachment.id,
            ticket_id: attachment.ticket_id,
            file_url: content.file_url,
            file_name: content.file_name,
            mime_type: content.mime_type,
            file_size_bytes: content.file_size_bytes,
            uploaded_at: time::print(attachment.uploaded_at),
        }
    }
}

/// An uploaded file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileView {
    #[schema(example = "file_0199a4e1c2d37f40a1b2c3d4e5f60718")]
    file_id: String,
    pub(super) file_url: String,
    #[schema(example = "note.txt")]
    file_name: String,
    #[schema(example = "text/plain")]
    mime_type: &'static str,
    #[schema(example = 5)]
    file_size_bytes: u64,
    #[schema(example = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")]
    sha256: String,
}

impl FileView {
    pub(super) fn of(file: File, origin: &str) -> Self {
        Self {
            file_id: file.id.to_string(),
            file_url: format!("{origin}/files/{}", file.id),
            sha256: file.digest(),
            file_name: file.name,
            mime_type: file.kind.mime(),
            file_size_bytes: file.size,
        }
    }
}
