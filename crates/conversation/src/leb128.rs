//! Unsigned LEB128 as the protocol uses it: at most five bytes, values up to 2^32 - 1, longer than needed is fine.

/// Seven bits per byte: 32 bits need five.
const MAX_BYTES: usize = 5;

const MORE: u8 = 0x80;

/// Takes a number off the front. `None`: truncated, over five bytes or over 2^32 - 1; then `bytes` is left as it was.
pub(crate) fn take(bytes: &mut &[u8]) -> Option<u32> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().take(MAX_BYTES).enumerate() {
        value |= u64::from(byte & !MORE) << (7 * index);
        if byte & MORE == 0 {
            *bytes = bytes.get(index + 1..)?;
            return u32::try_from(value).ok();
        }
    }
    None
}

/// Appends a number in as few bytes as it needs.
pub(crate) fn put(out: &mut Vec<u8>, mut value: usize) {
    while value >= usize::from(MORE) {
        out.push(low_bits(value) | MORE);
        value >>= 7;
    }
    out.push(low_bits(value));
}

/// The lowest seven bits.
fn low_bits(value: usize) -> u8 {
    value.to_le_bytes()[0] & !MORE
}

#[cfg(test)]
mod tests {
    use super::{put, take};

    fn read(bytes: &[u8]) -> Option<(u32, usize)> {
        let mut rest = bytes;
        take(&mut rest).map(|value| (value, rest.len()))
    }

    #[test]
    fn numbers_up_to_32_bits_are_read_and_what_follows_stays() {
        assert_eq!(read(&[0x00]), Some((0, 0)));
        assert_eq!(read(&[0x7f, 0x01]), Some((127, 1)));
        assert_eq!(read(&[0x80, 0x01]), Some((128, 0)));
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x0f]), Some((u32::MAX, 0)));
        assert_eq!(read(&[0x80, 0x80, 0x80, 0x80, 0x00, 0x07]), Some((0, 1)), "longer than needed");
    }

    #[test]
    fn truncated_too_long_and_too_large_numbers_are_refused() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[0x80]), None);
        assert_eq!(read(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]), None);
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x1f]), None);
    }

    #[test]
    fn numbers_are_written_in_as_few_bytes_as_they_need() {
        for (value, bytes) in [(0, &[0x00][..]), (127, &[0x7f]), (128, &[0x80, 0x01]), (300, &[0xac, 0x02])] {
            let mut out = Vec::new();
            put(&mut out, value);
            assert_eq!(out, bytes);
        }
    }
}
