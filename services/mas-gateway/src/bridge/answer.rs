//! What MAS's answer means. Pure, so that the table in the README is tested as a table.
//!
//! Reasons are in our words: what MAS writes may repeat what we sent, and that is personal.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use serde::Deserialize;

/// Most characters of a detail (`events.md` section 6.2).
const MAX_DETAIL_CHARS: usize = 1000;

/// Longest `Retry-After` that is followed: a MAS that says "tomorrow" by mistake is asked again today.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

/// What MAS decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Completed,
    Rejected,
}

impl Outcome {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Rejected => "rejected",
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// MAS decided.
    Decided(Outcome, Option<String>),
    /// MAS has it and will tell the outcome by itself, over the queue.
    Taken,
    /// MAS will never take this request.
    Refused(String),
    /// Not now; not before so long, if MAS said so.
    Later(String, Option<Duration>),
}

impl Verdict {
    /// Whether it shows a MAS that works.
    pub(crate) fn is_alive(&self) -> bool {
        !matches!(self, Self::Later(..))
    }

    /// For the metric.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Decided(outcome, _) => outcome.as_str(),
            Self::Taken => "taken",
            Self::Refused(_) => "refused",
            Self::Later(..) => "failed",
        }
    }
}

/// Reads an answer.
pub(crate) fn judge(status: StatusCode, retry_after: Option<&str>, body: &[u8], now: DateTime<Utc>) -> Verdict {
    let said = || format!("MAS answered {}", status.as_u16());
    match status {
        _ if status.is_success() => decided(status, body),
        // These say something about us or about now, and nothing about the request: the credentials are wrong, or MAS
        // is busy. A password that has expired must not bury every request.
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::PROXY_AUTHENTICATION_REQUIRED
        | StatusCode::REQUEST_TIMEOUT
        | StatusCode::TOO_EARLY
        | StatusCode::TOO_MANY_REQUESTS => Verdict::Later(said(), wait(retry_after, now)),
        _ if status.is_client_error() => Verdict::Refused(said()),
        // 5xx, and the redirects that we do not follow: the body would go to an address nobody configured.
        _ => Verdict::Later(said(), wait(retry_after, now)),
    }
}

fn decided(status: StatusCode, body: &[u8]) -> Verdict {
    #[derive(Deserialize)]
    struct Answer {
        outcome: Option<Outcome>,
        detail: Option<String>,
    }
    let may_be_silent = matches!(status, StatusCode::ACCEPTED | StatusCode::NO_CONTENT);
    match serde_json::from_slice::<Answer>(body) {
        Ok(Answer { outcome: Some(outcome), detail }) => Verdict::Decided(outcome, detail.as_deref().map(storable)),
        Ok(Answer { outcome: None, .. }) if may_be_silent => Verdict::Taken,
        Err(_) if may_be_silent && body.is_empty() => Verdict::Taken,
        // A page of a proxy, for instance: asking again is harmless.
        _ => Verdict::Later(format!("MAS answered {} without an outcome", status.as_u16()), None),
    }
}

/// As long as the contract allows, and without U+0000, which no PostgreSQL text can hold.
fn storable(detail: &str) -> String {
    detail.chars().filter(|sign| *sign != '\0').take(MAX_DETAIL_CHARS).collect()
}

/// `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.
fn wait(retry_after: Option<&str>, now: DateTime<Utc>) -> Option<Duration> {
    let text = retry_after?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => (DateTime::parse_from_rfc2822(text).ok()?.to_utc() - now).to_std().ok()?,
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, body: &str) -> Verdict {
        judge(StatusCode::from_u16(status).unwrap(), None, body.as_bytes(), DateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_decision_is_read_from_any_success() {
        for status in [200, 201, 202] {
            assert_eq!(
                judged(status, r#"{"outcome":"completed","detail":"Service resumed"}"#),
                Verdict::Decided(Outcome::Completed, Some("Service resumed".to_owned()))
            );
        }
        assert_eq!(judged(200, r#"{"outcome":"rejected"}"#), Verdict::Decided(Outcome::Rejected, None));
        assert_eq!(
            judged(200, r#"{"outcome":"rejected","detail":null,"new":1}"#),
            Verdict::Decided(Outcome::Rejected, None)
        );
    }

    #[test]
    fn only_202_and_204_may_leave_the_outcome_out() {
        assert_eq!(
            (judged(202, ""), judged(202, "{}"), judged(204, "")),
            (Verdict::Taken, Verdict::Taken, Verdict::Taken)
        );
        for (status, body) in [(200, ""), (200, "{}"), (200, "<html>"), (202, "<html>"), (200, r#"{"outcome":"done"}"#)]
        {
            let expected = format!("MAS answered {status} without an outcome");
            assert_eq!(judged(status, body), Verdict::Later(expected, None), "{status} {body}");
        }
    }

    #[test]
    fn client_errors_are_final_but_for_those_that_say_nothing_about_the_request() {
        for status in 400..500 {
            let is_later = matches!(judged(status, ""), Verdict::Later(..));
            assert_eq!(is_later, [401, 403, 407, 408, 425, 429].contains(&status), "{status}");
        }
        assert_eq!(judged(422, "secret"), Verdict::Refused("MAS answered 422".to_owned()));
    }

    #[test]
    fn everything_else_is_tried_again() {
        for status in [301, 307, 500, 502, 503, 504, 599] {
            assert_eq!(judged(status, "secret"), Verdict::Later(format!("MAS answered {status}"), None));
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_at_most_an_hour() {
        let now = DateTime::parse_from_rfc3339("2026-11-21T07:00:00Z").unwrap().to_utc();
        let waits = |text| match judge(StatusCode::TOO_MANY_REQUESTS, Some(text), b"", now) {
            Verdict::Later(_, wait) => wait.map(|wait| wait.as_secs()),
            other => panic!("{other:?}"),
        };
        assert_eq!(waits("7"), Some(7));
        assert_eq!(waits("Sat, 21 Nov 2026 07:00:30 GMT"), Some(30));
        assert_eq!(waits("999999"), Some(3600));
        for unusable in ["Sat, 21 Nov 2026 06:59:30 GMT", "soon", "-1", ""] {
            assert_eq!(waits(unusable), None, "{unusable}");
        }
    }

    #[test]
    fn a_detail_is_cut_to_what_the_contract_allows() {
        let long = format!(r#"{{"outcome":"completed","detail":"\u0000{}"}}"#, "é".repeat(1500));
        let Verdict::Decided(_, Some(detail)) = judged(200, &long) else { panic!("no decision") };
        assert_eq!(detail, "é".repeat(1000));
    }
}
