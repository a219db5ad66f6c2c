//! Times as the line writes them: without a zone, meant as UTC (contract, section 3).

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

/// Most digits of a fraction that are kept.
const FRACTION_DIGITS: usize = 6;

/// Reads `YYYY-MM-DDTHH:MM[:SS[.fraction]]`, optionally followed by `Z`.
pub(super) fn parse(text: &str) -> Option<DateTime<Utc>> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, clock) = text.split_once('T')?;
    let [year, month, day] = numbers(date, '-', &[4, 2, 2])?;
    let (clock, micros) = match clock.split_once('.') {
        None => (clock, 0),
        Some((clock, fraction)) if clock.len() == "HH:MM:SS".len() => (clock, micros(fraction)?),
        Some(_) => return None,
    };
    let [hour, minute, second] = numbers(clock, ':', &[2, 2, 2])
        .or_else(|| numbers(clock, ':', &[2, 2]).map(|[hour, minute]| [hour, minute, 0]))?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    date.and_hms_micro_opt(hour, minute, second, micros).map(|time: NaiveDateTime| time.and_utc())
}

/// Writes `YYYY-MM-DDTHH:MM:SS`, and a fraction without trailing zeros if there is one.
pub(super) fn print(time: DateTime<Utc>) -> String {
    let text = time.format("%Y-%m-%dT%H:%M:%S%.6f").to_string();
    text.trim_end_matches('0').strip_suffix('.').map_or_else(|| text.trim_end_matches('0').to_owned(), str::to_owned)
}

fn numbers<const N: usize>(text: &str, separator: char, digits: &[usize; N]) -> Option<[u32; N]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; N];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part =
            parts.next().filter(|part| part.len() == *digits && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

fn micros(fraction: &str) -> Option<u32> {
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let kept = &fraction[..fraction.len().min(FRACTION_DIGITS)];
    format!("{kept:0<FRACTION_DIGITS$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_come_back_as_the_contract_says() {
        for (given, expected) in [
            ("2026-03-11T10:30:00.123Z", Some("2026-03-11T10:30:00.123")),
            ("2026-03-11T10:30", Some("2026-03-11T10:30:00")),
            ("2026-03-11T10:30Z", Some("2026-03-11T10:30:00")),
            ("2026-03-11T10:30:10", Some("2026-03-11T10:30:10")),
            ("2026-03-11T10:30:00.000", Some("2026-03-11T10:30:00")),
            ("2026-03-11T10:30:00.1234567899", Some("2026-03-11T10:30:00.123456")),
            ("2024-02-29T00:00:00.5", Some("2024-02-29T00:00:00.5")),
            ("2026-03-11T10:30:00.0000009", Some("2026-03-11T10:30:00")),
            ("0001-01-01T00:00", Some("0001-01-01T00:00:00")),
            ("2026-03-11T10:30:00+02:00", None),
            ("2026-03-11T10:30:00+00:00", None),
            ("2026-02-29T10:30:00", None),
            ("2026-03-11T24:00:00", None),
            ("2026-03-11T10:60:00", None),
            ("2026-03-11T10:30:60", None),
            ("2026-03-11 10:30:00", None),
            ("2026-03-11t10:30:00z", None),
            ("2026-03-11", None),
            ("2026-03-11T10", None),
            ("2026-03-11T10:30.5", None),
            ("2026-03-11T10:30:00.", None),
            ("2026-03-11T10:30:00ZZ", None),
            ("12026-03-11T10:30:00", None),
            ("+026-03-11T10:30:00", None),
            ("", None),
        ] {
            assert_eq!(parse(given).map(print).as_deref(), expected, "{given}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_as_the_same_time(seconds in 0_i64..4_000_000_000, micros in 0_u32..1_000_000) {
            let time = DateTime::from_timestamp(seconds, micros * 1000).unwrap();
            prop_assert_eq!(parse(&print(time)), Some(time));
        }

        /// Nearly all that the grammar has, and what is just beside it, against a plain reading of the fields.
        #[test]
        fn near_misses_are_refused_and_the_rest_comes_back(
            (year, month, day) in (0_i32..10_000, 0_u32..14, 0_u32..33),
            (hour, minute, second) in (0_u32..26, 0_u32..62, proptest::option::weighted(0.8, 0_u32..62)),
            fraction in proptest::option::of("[0-9]{0,9}"),
            (joint, zone) in (proptest::sample::select(vec!["T", "T", "T", "t", " ", ""]), proptest::sample::select(vec!["", "", "Z", "Z", "z", "ZZ", "+00:00"])),
        ) {
            let seconds = second.map(|second| format!(":{second:02}")).unwrap_or_default();
            let dot = fraction.as_ref().map(|digits| format!(".{digits}")).unwrap_or_default();
            let text = format!("{year:04}-{month:02}-{day:02}{joint}{hour:02}:{minute:02}{seconds}{dot}{zone}");
            let date = NaiveDate::from_ymd_opt(year, month, day).filter(|_| hour < 24 && minute < 60);
            let second = Some(second.unwrap_or(0)).filter(|second| *second < 60 && (fraction.is_none() || !seconds.is_empty()));
            let is_written_well = joint == "T" && ["", "Z"].contains(&zone) && fraction.as_deref() != Some("");
            let expected = date.zip(second).filter(|_| is_written_well).map(|(date, second)| {
                let kept: String = fraction.unwrap_or_default().chars().take(6).collect();
                let kept = kept.trim_end_matches('0');
                let dot = if kept.is_empty() { "" } else { "." };
                format!("{date}T{hour:02}:{minute:02}:{second:02}{dot}{kept}")
            });
            prop_assert_eq!(parse(&text).map(print), expected, "{}", text);
        }
    }
}
