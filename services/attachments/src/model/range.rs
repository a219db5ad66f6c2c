//! Which part of a file a request asks for (RFC 9110, section 14). One range is served; anything else gets the whole file,
//! as the RFC allows.

use std::ops::Range;

/// What to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Everything, with 200.
    Whole,
    /// These bytes, with 206.
    Bytes(Range<u64>),
    /// 416: none of the bytes asked for are there.
    Nowhere,
}

/// What the header `Range` asks for of a file of this size, which is never 0.
pub(crate) fn part(header: &str, size: u64) -> Part {
    let Some((unit, spec)) = header.split_once('=') else { return Part::Whole };
    let Some((first, last)) = spec.trim().split_once('-') else { return Part::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Part::Whole;
    }
    match (number(first), number(last)) {
        // The last so many bytes.
        (Ok(None), Ok(Some(0))) => Part::Nowhere,
        (Ok(None), Ok(Some(count))) => Part::Bytes(size.saturating_sub(count)..size),
        (Ok(Some(first)), Ok(None)) => from(first, u64::MAX, size),
        (Ok(Some(first)), Ok(Some(last))) if first <= last => from(first, last, size),
        _ => Part::Whole,
    }
}

fn from(first: u64, last: u64, size: u64) -> Part {
    if first >= size { Part::Nowhere } else { Part::Bytes(first..last.saturating_add(1).min(size)) }
}

/// Digits, or nothing at all. A number above all sizes is as good as the largest.
fn number(text: &str) -> Result<Option<u64>, ()> {
    match text {
        "" => Ok(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Some(digits.parse().unwrap_or(u64::MAX))),
        _ => Err(()),
    }
}
