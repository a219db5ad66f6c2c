//! The schema of `events.md` section 6.1, member by member.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// The document's example, word for word.
const EXAMPLE: &str = r#"{"schema":"crossdesk.mas.resume-request/1","transaction_id":100000457,"request_tracking_id":"456","profile_id":"Siebel_201","customer_id":"104127993008","reason_code":"RES","reason":"Resume Service","dispatch_date_time":"2016-03-22T11:50:35.000Z","service":{"id":"1","code":"6FL","description":"6 Yard FEL"},"requestor_info":{"name":"TESTMAN1","phone":"9874564566","email":"abc@example.com"},"assigned_to_user":"CSR1","accepted_at":"2016-03-22T11:45:00.000Z"}"#;

fn example() -> Value {
    serde_json::from_str(EXAMPLE).unwrap()
}

fn read(value: &Value) -> Result<Command, Unfit> {
    Command::read(value.to_string().as_bytes())
}

/// The example with another value at a path such as `service.code`.
fn with(path: &str, new: Value) -> Value {
    let mut command = example();
    let mut place = &mut command;
    for name in path.split('.') {
        place = &mut place[name];
    }
    *place = new;
    command
}

/// The example without a member.
fn without(path: &str) -> Value {
    let mut command = example();
    match path.split_once('.') {
        Some((parent, name)) => command[parent].as_object_mut().unwrap().remove(name),
        None => command.as_object_mut().unwrap().remove(path),
    };
    command
}

const ALL: [&str; 18] = [
    "schema",
    "transaction_id",
    "request_tracking_id",
    "profile_id",
    "customer_id",
    "reason_code",
    "reason",
    "dispatch_date_time",
    "service",
    "service.id",
    "service.code",
    "service.description",
    "requestor_info",
    "requestor_info.name",
    "requestor_info.phone",
    "requestor_info.email",
    "assigned_to_user",
    "accepted_at",
];

const NULLABLE: [&str; 6] =
    ["reason", "service.id", "service.description", "requestor_info.phone", "requestor_info.email", "assigned_to_user"];

#[test]
fn the_documents_example_is_a_command() {
    let command = Command::read(EXAMPLE.as_bytes()).unwrap();
    assert_eq!(
        command,
        Command {
            transaction_id: 100_000_457,
            request_tracking_id: "456".to_owned(),
            customer_id: "104127993008".to_owned(),
            reason_code: "RES".to_owned(),
        }
    );
}

#[test]
fn every_member_is_required() {
    for path in ALL {
        assert_eq!(read(&without(path)), Err(Unfit::Missing(path.to_owned())));
    }
}

#[test]
fn only_the_optional_members_may_be_null() {
    for path in ALL {
        let answer = read(&with(path, Value::Null));
        if NULLABLE.contains(&path) {
            assert!(answer.is_ok(), "{path}");
        } else {
            assert_eq!(answer, Err(Unfit::Wrong(path.to_owned())));
        }
    }
}

#[test]
fn a_member_of_another_type_is_refused() {
    for path in ALL {
        for wrong in [json!(true), json!([]), json!(1.5), json!(-1)] {
            assert_eq!(read(&with(path, wrong)), Err(Unfit::Wrong(path.to_owned())));
        }
    }
    assert_eq!(read(&with("transaction_id", json!("100000457"))), Err(Unfit::Wrong("transaction_id".to_owned())));
    assert_eq!(read(&with("customer_id", json!(104_127_993_008_i64))), Err(Unfit::Wrong("customer_id".to_owned())));
}

#[test]
fn texts_have_the_documented_lengths_in_characters() {
    for (path, min, max) in [
        ("request_tracking_id", 1, 128),
        ("profile_id", 1, 100),
        ("reason_code", 1, 20),
        ("reason", 0, 200),
        ("service.id", 0, 50),
        ("service.code", 1, 20),
        ("service.description", 0, 200),
        ("requestor_info.name", 1, 100),
        ("requestor_info.email", 0, 254),
        ("assigned_to_user", 0, 100),
    ] {
        let of = |count: usize| read(&with(path, json!("\u{1F600}".repeat(count)))).is_ok();
        assert!(of(max) && of(min) && !of(max + 1), "{path}");
        assert_eq!(of(0), min == 0, "{path}");
    }
}

#[test]
fn numbers_times_and_ids_have_the_documented_form() {
    for (path, value, is_good) in [
        ("transaction_id", json!(1), true),
        ("transaction_id", json!(9_007_199_254_740_991_i64), true),
        ("transaction_id", json!(0), false),
        ("transaction_id", json!(9_007_199_254_740_992_i64), false),
        ("customer_id", json!("000010000005008"), true),
        ("customer_id", json!("1234567890123456789"), false),
        ("customer_id", json!(""), false),
        ("customer_id", json!("12a"), false),
        ("customer_id", json!("\u{0663}"), false),
        ("requestor_info.phone", json!("+1987"), false),
        ("dispatch_date_time", json!("2016-03-22T11:50:35Z"), false),
        ("dispatch_date_time", json!("2016-03-22T11:50:35.000+00:00"), false),
        ("dispatch_date_time", json!("2016-03-22 11:50:35.000Z"), false),
        ("accepted_at", json!("9999-12-31T23:59:59.999Z"), true),
        ("schema", json!("crossdesk.mas.resume-request/2"), false),
    ] {
        assert_eq!(read(&with(path, value.clone())).is_ok(), is_good, "{path} {value}");
    }
}

#[test]
fn members_may_be_added_anywhere() {
    let mut command = example();
    for place in ["new", "service", "requestor_info"] {
        if place == "new" {
            command["new"] = json!({"deep": [1, 2]});
        } else {
            command[place]["new"] = json!(null);
        }
    }
    assert!(read(&command).is_ok());
}

#[test]
fn other_bodies_are_no_commands() {
    for body in [&b""[..], b"[]", b"null", b"\"text\"", b"{", b"\xff", b"{} {}"] {
        assert_eq!(Command::read(body), Err(Unfit::NoObject), "{body:?}");
    }
    assert_eq!(Command::read(&vec![b' '; MAX_BYTES + 1]), Err(Unfit::TooLarge));
}

#[test]
fn a_reason_never_repeats_a_value() {
    let answer = read(&with("requestor_info.phone", json!("secret words"))).unwrap_err();
    assert_eq!(answer.to_string(), "`requestor_info.phone` does not fit the schema");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Command::read(&bytes);
    }
}
