//! Requests, read once.

use actix_web::HttpRequest;
use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, Utc};
use serde_json::Value;
use web::json::Object;
use web::{FromBody, GivenTwice, Query};

use super::fields::{Members, Problems};
use crate::db::Filter;
use crate::error::{Error, Rejection};
use crate::model::{CustomerId, Draft, Requestor, ServiceItem};

const MAX_CODE_CHARS: usize = 20;
const MAX_TEXT_CHARS: usize = 200;
const MAX_SERVICE_ID_CHARS: usize = 50;
const MAX_NAME_CHARS: usize = 100;
const MAX_EMAIL_CHARS: usize = 254;
const MAX_DIGITS: usize = 18;
/// Years that the command's four digits can say.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=9999;

impl FromBody for Draft {
    type Error = Rejection;

    fn from_body(bytes: &[u8], request: &HttpRequest) -> Result<Self, Rejection> {
        let customer = request.match_info().get("customerId").and_then(CustomerId::parse);
        read_draft(bytes, customer.as_ref()).map_err(|problems| Rejection::of(request, Error::BadRequest(problems)))
    }
}

/// Reads the body. `customer` is the one in the path, which counts.
pub(super) fn read_draft(bytes: &[u8], customer: Option<&CustomerId>) -> Result<Draft, Vec<String>> {
    let object = Object::parse(bytes).map_err(|malformed| vec![malformed.to_string()])?;
    let mut problems = Problems::default();
    check_customer(&mut problems, object.get("customer_id"), customer);
    let reason_code = problems.required("reason_code", object.get("reason_code"), MAX_CODE_CHARS);
    let reason = problems.optional("reason", object.get("reason"), MAX_TEXT_CHARS);
    let dispatch_date_time = instant(&mut problems, "dispatch_date_time", object.get("dispatch_date_time"));
    let service = problems.object("service", object.get("service"));
    let service = service.map(|members| read_service(&mut problems, members));
    let requestor = problems.object("requestor_info", object.get("requestor_info"));
    let requestor = requestor.map(|members| read_requestor(&mut problems, members));
    let assigned_to_user = problems.optional("assigned_to_user", object.get("assigned_to_user"), MAX_NAME_CHARS);
    let problems = problems.into_texts();
    match (dispatch_date_time, service, requestor) {
        (Some(dispatch_date_time), Some(service), Some(requestor_info)) if problems.is_empty() => {
            Ok(Draft { reason_code, reason, dispatch_date_time, service, requestor_info, assigned_to_user })
        }
        _ => Err(problems),
    }
}

/// Compared as numbers: leading zeros do not matter.
fn check_customer(problems: &mut Problems, value: Option<&Value>, customer: Option<&CustomerId>) {
    let digits = problems.digits("customer_id", value, MAX_DIGITS);
    // One that is too long is a problem already.
    let Some(other) = digits.as_deref().and_then(CustomerId::parse) else { return };
    if customer.is_none_or(|customer| customer.number() != other.number()) {
        problems.note("customer_id does not match the customer in the path");
    }
}

fn read_service(problems: &mut Problems, members: Members<'_>) -> ServiceItem {
    ServiceItem {
        id: problems.text_or_integer("service.id", members.get("id"), MAX_SERVICE_ID_CHARS),
        code: problems.required("service.code", members.get("code"), MAX_CODE_CHARS),
        description: problems.optional("service.description", members.get("description"), MAX_TEXT_CHARS),
    }
}

fn read_requestor(problems: &mut Problems, members: Members<'_>) -> Requestor {
    Requestor {
        name: problems.required("requestor_info.name", members.get("name"), MAX_NAME_CHARS),
        phone: problems.digits("requestor_info.phone", members.get("phone"), MAX_DIGITS),
        email: problems.optional("requestor_info.email", members.get("email"), MAX_EMAIL_CHARS),
    }
}

/// An RFC 3339 date-time with offset. Nothing after a problem.
fn instant(problems: &mut Problems, member: &str, value: Option<&Value>) -> Option<DateTime<Utc>> {
    let before = problems.count();
    let text = problems.required(member, value, usize::MAX);
    if problems.count() > before {
        return None;
    }
    let instant = parse_instant(&text);
    if instant.is_none() {
        problems.note(format!("{member} must be an RFC 3339 date-time with offset"));
    }
    instant
}

fn parse_instant(text: &str) -> Option<DateTime<Utc>> {
    // The parser also takes a space and a minus that is not ASCII.
    if !text.is_ascii() || !matches!(text.as_bytes().get(10), Some(b'T' | b't')) {
        return None;
    }
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    // In whole microseconds, as PostgreSQL would keep it; a leap second is the first of the next minute.
    let instant = DateTime::from_timestamp_micros(time.timestamp_micros())?;
    (YEARS.contains(&time.year()) && instant.year() <= *YEARS.end()).then_some(instant)
}

/// Reads the query of the list.
pub(super) fn filter(text: &str) -> Result<Filter, Error> {
    let query = Query::parse(text);
    let mut problems = Problems::default();
    let from = date(&mut problems, &query, "fromDate");
    let to = date(&mut problems, &query, "toDate");
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        problems.note("fromDate must not be after toDate");
    }
    let problems = problems.into_texts();
    if !problems.is_empty() {
        return Err(Error::BadRequest(problems));
    }
    let start_of = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
    Ok(Filter { from: from.map(start_of), before: to.and_then(|to| to.checked_add_days(Days::new(1))).map(start_of) })
}

fn date(problems: &mut Problems, query: &Query<'_>, name: &'static str) -> Option<NaiveDate> {
    let text = match query.get(name) {
        Ok(text) => text?,
        Err(GivenTwice(name)) => {
            problems.note(format!("{name} given twice"));
            return None;
        }
    };
    // The parser also takes signs, spaces and fewer digits.
    let has_form = text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| has_form);
    if date.is_none() {
        problems.note(format!("{name} must be yyyy-MM-dd"));
    }
    date
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rfc_3339_with_offset_is_a_time() {
        for (text, expected) in [
            ("2016-03-22T11:50:35.000Z", Some("2016-03-22T11:50:35+00:00")),
            ("2016-03-22T11:50:35.000-05:00", Some("2016-03-22T16:50:35+00:00")),
            ("2016-03-22t11:50:35z", Some("2016-03-22T11:50:35+00:00")),
            ("2016-03-22T11:50:35.123456789+00:00", Some("2016-03-22T11:50:35.123456+00:00")),
            ("2016-12-31T23:59:60Z", Some("2017-01-01T00:00:00+00:00")),
            ("1900-01-01T00:00:00+01:00", Some("1899-12-31T23:00:00+00:00")),
            ("9999-12-31T23:59:59Z", Some("9999-12-31T23:59:59+00:00")),
            ("9999-12-31T23:59:59-01:00", None),
            ("1899-12-31T23:59:59Z", None),
            ("2016-03-22T11:50:35", None),
            ("2016-03-22 11:50:35Z", None),
            ("2016-03-22T11:50Z", None),
            ("2016-03-22T11:50:35+0500", None),
            ("2016-03-22T11:50:35\u{2212}05:00", None),
            ("2016-03-22T24:00:00Z", None),
            ("2016-02-30T11:50:35Z", None),
            ("2016-03-22", None),
            (" 2016-03-22T11:50:35Z", None),
            ("1458647435", None),
        ] {
            assert_eq!(parse_instant(text).map(|time| time.to_rfc3339()).as_deref(), expected, "{text}");
        }
    }
}
