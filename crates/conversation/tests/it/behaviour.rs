//! Sections 3 and 9.4: what the server does about what a client sends.

use conversation::wire::{CloseCode, GetHistory, MAX_MESSAGE_BYTES, Received, receive};
use conversation::{Message, wire};

use crate::hex::{bytes, hex};

#[test]
fn the_golden_behaviour_is_kept() {
    assert_eq!(receive(&bytes("00000000020003")), Received::Close(CloseCode::TooShort));
    assert_eq!(receive(&bytes("0700000002000400")), Received::Close(CloseCode::UnknownFlag));
    assert_eq!(receive(&bytes("0700000099000100")), Received::Close(CloseCode::UnknownType));
    assert_eq!(receive(&bytes("0700000099000200")), Received::AnswerUnknown { cookie: 7 });
    assert_eq!(receive(&bytes("0700000000000100")), Received::AnswerUnknown { cookie: 7 });
    assert_eq!(hex(&wire::unknown_event(7)), "0700000000800000");
    assert_eq!(receive(&bytes("0080008000800000")), Received::Ignore);
    assert_eq!(receive(&bytes("07000000030002000000000014")), Received::Close(CloseCode::TooShort));
    assert_eq!(receive(&bytes("0700000002000300")), Received::SendMessage { cookie: 7, message: &[] });
    let reason = Message::parse(&[]).unwrap_err().to_string();
    assert_eq!(hex(&wire::message_invalid(7, &reason)), "0700000002800000656d707479206d657373616765");
}

#[test]
fn a_message_may_have_65536_bytes_and_no_more() {
    let mut longest = bytes("0700000002000300");
    longest.resize(MAX_MESSAGE_BYTES, 0);
    assert_eq!(receive(&longest), Received::SendMessage { cookie: 7, message: &longest[8..] });
    longest.push(0);
    assert_eq!(receive(&longest), Received::Close(CloseCode::TooBig));
}

#[test]
fn flags_are_looked_at_before_cookies_and_types() {
    assert_eq!(receive(&bytes("0080008000800400")), Received::Close(CloseCode::UnknownFlag));
    assert_eq!(receive(&bytes("0700000099000580")), Received::Close(CloseCode::UnknownFlag));
    assert_eq!(receive(&bytes("0700000000800080")), Received::Close(CloseCode::UnknownFlag));
}

#[test]
fn whatever_answers_our_own_events_is_ignored() {
    for kind in ["0200", "0300", "9900", "0180"] {
        assert_eq!(receive(&bytes(&format!("00800080{kind}0100"))), Received::Ignore, "{kind}");
    }
    assert_eq!(receive(&bytes("0000008002000300")), Received::Ignore, "bit 31 alone makes it ours");
    assert_eq!(receive(&bytes("0700000000800300")), Received::Ignore, "UnknownEvent");
}

#[test]
fn types_that_only_servers_send_are_unknown_events_of_a_client_whatever_the_flags() {
    for kind in ["0000", "0100", "0400", "0180", "0280", "0380"] {
        for flags in ["0000", "0100", "0200", "0300"] {
            let message = bytes(&format!("07000000{kind}{flags}"));
            assert_eq!(receive(&message), Received::AnswerUnknown { cookie: 7 }, "{kind} {flags}");
        }
    }
}

#[test]
fn unknown_types_close_only_if_they_must_be_processed() {
    for kind in ["0500", "ff7f", "0480", "ffff"] {
        let received =
            |flags: &str| receive(&bytes(&format!("07000000{kind}{flags}"))) == Received::AnswerUnknown { cookie: 7 };
        assert!(received("0000") && received("0200"), "{kind}");
        for flags in ["0100", "0300"] {
            let message = bytes(&format!("07000000{kind}{flags}"));
            assert_eq!(receive(&message), Received::Close(CloseCode::UnknownType), "{kind} {flags}");
        }
    }
}

#[test]
fn send_message_and_get_history_need_no_flags() {
    assert_eq!(receive(&bytes("07000000020000000000")), Received::SendMessage { cookie: 7, message: &[0, 0] });
    let wanted = GetHistory { reference: -2, before: 1, after: 65_535 };
    let history = bytes("0700000003000000feffffff0100ffff");
    assert_eq!(receive(&history), Received::GetHistory { cookie: 7, wanted });
}

#[test]
fn more_bytes_than_get_history_needs_are_ignored() {
    let wanted = GetHistory { reference: 8, before: 20, after: 0 };
    let history = bytes("02000000030002000800000014000000ffff");
    assert_eq!(receive(&history), Received::GetHistory { cookie: 2, wanted });
}

#[test]
fn the_close_codes_have_the_contracts_numbers() {
    let codes = [
        (CloseCode::Normal, 1000),
        (CloseCode::GoingAway, 1001),
        (CloseCode::Protocol, 1002),
        (CloseCode::TextReceived, 1003),
        (CloseCode::TokenExpired, 1008),
        (CloseCode::TooBig, 1009),
        (CloseCode::Internal, 1011),
        (CloseCode::TooSlow, 1013),
        (CloseCode::TooShort, 4000),
        (CloseCode::UnknownType, 4001),
        (CloseCode::ResponseTimeout, 4002),
        (CloseCode::ResponseOrder, 4003),
        (CloseCode::UnknownFlag, 4004),
    ];
    for (code, number) in codes {
        assert_eq!(code.number(), number);
    }
}
