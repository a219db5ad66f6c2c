//! Just enough of HTTP/1.1 to know where an answer ends: the client must not cost more than the server it measures.

use anyhow::{Context, bail};

/// One complete answer at the start of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Status code.
    pub(crate) status: u16,
    /// Where the body starts.
    pub(crate) body: usize,
    /// Length of head and body.
    pub(crate) length: usize,
}

/// Reads the answer that `bytes` start with; `None` if it isn't complete yet.
pub(crate) fn parse(bytes: &[u8]) -> anyhow::Result<Option<Answer>> {
    let Some(end) = find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let body = end + 4;
    let head = std::str::from_utf8(&bytes[..end]).context("the head of an answer is not text")?;
    let mut lines = head.split("\r\n");
    let status_line = lines.next().unwrap_or_default();
    let status = status_line
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3)?.parse().ok())
        .with_context(|| format!("`{status_line}` is not a status line"))?;
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { bail!("`{line}` is not a header") };
        if name.eq_ignore_ascii_case("content-length") {
            let length: usize = value.trim().parse().context("content-length is not a number")?;
            let complete = bytes.len() - body >= length;
            return Ok(complete.then_some(Answer { status, body, length: body + length }));
        }
        if name.eq_ignore_ascii_case("transfer-encoding") {
            let length = chunks_length(&bytes[body..])?;
            return Ok(length.map(|length| Answer { status, body, length: body + length }));
        }
    }
    bail!("an answer has neither content-length nor transfer-encoding")
}

/// Length of a chunked body without trailers, if it is complete.
fn chunks_length(bytes: &[u8]) -> anyhow::Result<Option<usize>> {
    let mut place = 0;
    loop {
        let rest = bytes.get(place..).unwrap_or_default();
        let Some(line) = find(rest, b"\r\n") else { return Ok(None) };
        let digits = std::str::from_utf8(&rest[..line]).context("the size of a chunk is not text")?;
        let size = usize::from_str_radix(digits.trim(), 16).context("the size of a chunk is not a number")?;
        place += line + 2 + size + 2;
        if size == 0 {
            return Ok((bytes.len() >= place).then_some(place));
        }
    }
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_every_cut(whole: &[u8], expected: &Answer) {
        for cut in 0..expected.length {
            assert_eq!(parse(&whole[..cut]).unwrap(), None, "cut at {cut}");
        }
        assert_eq!(parse(whole).unwrap().as_ref(), Some(expected));
    }

    #[test]
    fn an_answer_with_a_length_is_complete_with_its_last_byte() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nx-a: b\r\n\r\nhelloHTTP/1.1";
        at_every_cut(whole, &Answer { status: 200, body: 46, length: 51 });
    }

    #[test]
    fn a_chunked_answer_is_complete_with_its_last_chunk() {
        let whole = b"HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\nHTTP";
        at_every_cut(whole, &Answer { status: 404, body: 54, length: whole.len() - 4 });
    }

    #[test]
    fn what_is_not_an_answer_is_refused() {
        for bytes in [
            "SSH-2.0\r\n\r\n",
            "HTTP/1.1 abc\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        ] {
            assert!(parse(bytes.as_bytes()).is_err(), "{bytes}");
        }
    }
}
