//! Times as this line writes them: no zone, meant as UTC, a fraction only if there is one (contract, section 3).

use std::fmt;

use chrono::{DateTime, DurationRound as _, NaiveDate, NaiveTime, TimeDelta, Utc};

/// Digits of a fraction that are kept: microseconds, the precision of the database.
const FRACTION_DIGITS: usize = 6;

/// A time of this line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) DateTime<Utc>);

impl Moment {
    /// A time that the server sets has whole seconds.
    pub(crate) fn set_by_server(now: DateTime<Utc>) -> Self {
        Self(now.duration_trunc(TimeDelta::seconds(1)).unwrap_or(now))
    }

    /// `YYYY-MM-DDTHH:MM[:SS[.fraction]]`, optionally followed by `Z`. Any other zone is no time of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('Z').unwrap_or(text);
        let (date, clock) = text.split_once('T')?;
        let date = {
            let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
            NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?
        };
        let (clock, fraction) = match clock.split_once('.') {
            Some((clock, fraction)) => (clock, Some(fraction)),
            None => (clock, None),
        };
        let [hour, minute, second] = match (fraction, clock.len()) {
            (None, 5) => {
                let [hour, minute] = numbers(clock, ':', [2, 2])?;
                [hour, minute, 0]
            }
            _ => numbers(clock, ':', [2, 2, 2])?,
        };
        let micros = fraction.map_or(Some(0), micros)?;
        let time = NaiveTime::from_hms_micro_opt(hour, minute, second, micros)?;
        Some(Self(date.and_time(time).and_utc()))
    }
}

/// Numbers of exactly these widths with a separator between them.
fn numbers<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[u32; N]> {
    let mut parts = text.split(separator);
    let mut found = [0; N];
    for (number, width) in found.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width && is_digits(part))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

/// Digits after the point, cut off after the sixth.
fn micros(fraction: &str) -> Option<u32> {
    if fraction.is_empty() || !is_digits(fraction) {
        return None;
    }
    let kept = &fraction[..fraction.len().min(FRACTION_DIGITS)];
    format!("{kept:0<FRACTION_DIGITS$}").parse().ok()
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.timestamp_subsec_micros();
        write!(f, "{}", self.0.format("%Y-%m-%dT%H:%M:%S"))?;
        if micros == 0 {
            return Ok(());
        }
        let digits = format!("{micros:06}");
        write!(f, ".{}", digits.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn again(text: &str) -> Option<String> {
        Moment::parse(text).map(|moment| moment.to_string())
    }

    #[test]
    fn every_documented_form_is_read_and_written_in_the_shortest_one() {
        for (sent, shown) in [
            ("2026-03-11T10:30:00.123Z", "2026-03-11T10:30:00.123"),
            ("2026-03-11T10:30", "2026-03-11T10:30:00"),
            ("2026-03-11T10:30Z", "2026-03-11T10:30:00"),
            ("2026-03-11T10:30:05", "2026-03-11T10:30:05"),
            ("2026-03-11T10:30:05.120000", "2026-03-11T10:30:05.12"),
            ("2026-03-11T10:30:05.1234569", "2026-03-11T10:30:05.123456"),
            ("2026-03-11T10:30:05.0000009", "2026-03-11T10:30:05"),
            ("2026-03-11T10:30:05.000001Z", "2026-03-11T10:30:05.000001"),
            ("2024-02-29T23:59:59", "2024-02-29T23:59:59"),
            ("0001-01-01T00:00", "0001-01-01T00:00:00"),
            ("9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999"),
        ] {
            assert_eq!(again(sent).as_deref(), Some(shown), "{sent}");
        }
    }

    #[test]
    fn everything_else_is_no_time() {
        for text in [
            "",
            "Z",
            "T",
            "2026-03-11",
            "2026-03-11 10:30",
            "2026-03-11t10:30",
            "2026-03-11T10",
            "2026-03-11T1:30",
            "2026-3-11T10:30",
            "2026-03-11T10:30:00+02:00",
            "2026-03-11T10:30:00+00:00",
            "2026-03-11T10:30:00-01:00",
            "2026-03-11T10:30:00z",
            "2026-03-11T10:30:00ZZ",
            "2026-03-11T10:30:00.",
            "2026-03-11T10:30.5",
            "2026-03-11T10:30:00.12a",
            "2026-03-11T10:30:00,5",
            "2026-03-11T24:00:00",
            "2026-03-11T10:60:00",
            "2026-03-11T10:30:60",
            "2026-02-29T10:30:00",
            "2026-13-01T10:30:00",
            "+026-03-11T10:30:00",
            "20260-03-11T10:30:00",
            "2026-03-11T10:30:00 ",
            "２０２６-03-11T10:30:00",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_of_the_server_has_whole_seconds() {
        let now = Moment::parse("2026-03-11T10:30:05.999999").unwrap();
        assert_eq!(Moment::set_by_server(now.0).to_string(), "2026-03-11T10:30:05");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same_time(
            seconds in -62_135_596_800_i64..253_402_300_800,
            micros in prop_oneof![Just(0_u32), 0..1_000_000_u32],
        ) {
            let moment = Moment(DateTime::from_timestamp(seconds, micros * 1000).unwrap());
            let text = moment.to_string();
            prop_assert_eq!(Moment::parse(&text), Some(moment));
            prop_assert_eq!(Moment::parse(&format!("{text}Z")), Some(moment));
            prop_assert!(!text.contains('.') || !text.ends_with('0'), "no trailing zeros: {}", text);
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
            prop_assert_eq!(Moment::parse(&text).map(|moment| moment.to_string()), expected, "{}", text);
        }

        #[test]
        fn no_text_breaks_the_reader(text in "\\PC*") {
            if let Some(moment) = Moment::parse(&text) {
                prop_assert_eq!(Moment::parse(&moment.to_string()), Some(moment));
            }
        }
    }
}
