//! Commands, ids and digests: what must stay as it is for ever.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Clock as _, SystemClock};
use proptest::prelude::*;

use super::super::*;
use super::{accepted, draft, settled};

proptest! {
    #[test]
    fn a_customer_is_a_number_and_keeps_its_text(zeros in 0..6_usize, number in 0..1_000_000_000_000_i64) {
        let text = format!("{}{number}", "0".repeat(zeros));
        let customer = CustomerId::parse(&text).unwrap();
        prop_assert_eq!(customer.number(), number);
        prop_assert_eq!(customer.as_str(), text);
    }
}

#[test]
fn the_command_is_the_document_s_to_the_byte() {
    let at = "2016-03-22T11:45:00Z".parse().unwrap();
    let change = accepted(at);
    let expected = r#"{"schema":"crossdesk.mas.resume-request/1","transaction_id":100000457,"request_tracking_id":"456","profile_id":"Siebel_201","customer_id":"104127993008","reason_code":"RES","reason":"Resume Service","dispatch_date_time":"2016-03-22T11:50:35.000Z","service":{"id":"1","code":"6FL","description":"6 Yard FEL"},"requestor_info":{"name":"TESTMAN1","phone":"9874564566","email":"abc@example.com"},"assigned_to_user":"CSR1","accepted_at":"2016-03-22T11:45:00.000Z"}"#;
    assert_eq!(std::str::from_utf8(change.next().command().unwrap()), Ok(expected));
}

#[test]
fn finer_fractions_are_cut_off_also_before_1970() {
    for (text, expected) in [
        ("2016-03-22T11:50:35.999999Z", "2016-03-22T11:50:35.999Z"),
        ("1900-03-22T11:50:35.999999Z", "1900-03-22T11:50:35.999Z"),
        ("1900-01-01T00:00:00+01:00", "1899-12-31T23:00:00.000Z"),
    ] {
        let time: DateTime<Utc> = text.parse().unwrap();
        assert_eq!(command::milliseconds(time), expected);
    }
}

#[test]
fn the_command_s_id_is_made_of_the_transaction_s() {
    let expected = "5e3b4036-7ca2-5e02-b4e3-d1822369bc95";
    assert_eq!(TransactionId(100_000_457).command_id().to_string(), expected);
}

#[test]
fn only_the_canonical_number_names_a_ticket() {
    assert_eq!(TransactionId::parse("100000457"), Some(TransactionId(100_000_457)));
    assert_eq!(TransactionId::parse("9007199254740991"), Some(TransactionId(TransactionId::MAX)));
    for text in ["", "0", "-1", "+1", "0100000457", "9007199254740992", "1.0", "x", "99999999999999999999", " 1"] {
        assert_eq!(TransactionId::parse(text), None, "{text:?}");
    }
}

#[test]
fn customers_have_1_to_18_digits() {
    assert!(CustomerId::parse(&"9".repeat(18)).is_some());
    for text in ["", "abc", "1a", "-1", "+1", " 1", "1.0", "\u{0661}", &"9".repeat(19)] {
        assert_eq!(CustomerId::parse(text), None, "{text:?}");
    }
}

#[test]
fn every_member_counts_for_the_digest_and_absent_is_not_empty() {
    let same = draft().digest();
    assert_eq!(draft().digest(), same);
    let change: [fn(&mut Draft); 13] = [
        |draft| draft.reason_code.push('x'),
        |draft| draft.reason = None,
        |draft| draft.reason = Some(String::new()),
        |draft| draft.dispatch_date_time += TimeDelta::microseconds(1),
        |draft| draft.service.id = None,
        |draft| draft.service.code = "7FL".to_owned(),
        |draft| draft.service.description = None,
        |draft| draft.requestor_info.name.push(' '),
        |draft| draft.requestor_info.phone = Some("09874564566".to_owned()),
        |draft| draft.requestor_info.email = None,
        |draft| draft.assigned_to_user = None,
        |draft| std::mem::swap(&mut draft.reason_code, &mut draft.service.code),
        |draft| draft.requestor_info.email = draft.requestor_info.phone.take(),
    ];
    let mut seen = vec![same];
    for alter in change {
        let mut other = draft();
        alter(&mut other);
        let digest = other.digest();
        assert!(!seen.contains(&digest), "{}", seen.len());
        seen.push(digest);
    }
}

#[test]
fn nothing_that_prints_a_ticket_prints_personal_data() {
    let ticket = accepted(SystemClock.now()).into_next();
    let done = ticket.settle(settled(Outcome::Completed), SystemClock.now()).unwrap();
    let text = format!("{done:?}");
    for personal in ["TESTMAN1", "9874564566", "abc@example.com", "secret"] {
        assert!(!text.contains(personal), "{personal}");
    }
}
