//! Attachments of a ticket and uploaded files, and what may happen to them: pure, no I/O.

mod attachment;
mod file;
mod folder;
mod kind;
mod range;

#[cfg(test)]
mod tests;

pub(crate) use attachment::{Attachment, Content, Draft};
pub(crate) use file::{File, FileId, clean_name};
pub(crate) use folder::{Effect, Folder, Gone, Row};
pub(crate) use kind::{Inspection, Inspector, Kind, Refused};
pub(crate) use range::{Part, part};
