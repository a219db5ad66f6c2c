//! Section 9.1: protocol messages, both ways.

use conversation::wire::client::{FromServer, decode, get_history, send_message};
use conversation::wire::{self, Entry, EventCookies, GetHistory, Header, Received};

use crate::hex::{bytes, hex};

const HELLO: &str = "00090107020548656c6c6f";
const FIRST: i64 = 1_570_000_000;

const CONNECTED: &str = "0080008000000000";
const NEW_MESSAGE: &str = "018000800100010012000700000003000000804c945d0000000000090107020548656c6c6f";
const ONE_JOINED: &str = "02800080040000000e0008000000814c945d0000000005000000";
const TWO_JOINED: &str = "03800080040000000e0009000000824c945d00000000050000002c010000";
const ONLY_7: &str = "01000000038000000100000001001d12000700000003000000804c945d0000000000090107020548656c6c6f";
const BOTH_BEFORE: &str = "01000000038000000200000001001d12000700000003000000804c945d0000000000090107020548656c6c6f\
                           0400120e0008000000814c945d0000000005000000";
const ONE_EACH: &str = "02000000038000000100010001001d12000700000003000000804c945d0000000000090107020548656c6c6f\
                        0400120e0008000000814c945d0000000005000000";

fn hello() -> Entry<'static> {
    Entry::NewMessage { id: 7, author: 3, at: FIRST, message: bytes(HELLO).into() }
}

fn joined(id: i32, at: i64, users: &'static [i32]) -> Entry<'static> {
    Entry::UserJoined { id, at, users: users.into() }
}

fn decoded(message: &str) -> (u32, String) {
    let message = bytes(message);
    let (header, read) = decode(&message).unwrap();
    (header.cookie, format!("{read:?}"))
}

#[test]
fn the_events_of_a_connection_are_the_contracts_bytes() {
    let mut cookies = EventCookies::default();
    assert_eq!(hex(&wire::connected(cookies.next_cookie())), CONNECTED);
    assert_eq!(hex(&wire::new_entry(cookies.next_cookie(), &hello())), NEW_MESSAGE);
    assert_eq!(hex(&wire::new_entry(cookies.next_cookie(), &joined(8, FIRST + 1, &[5]))), ONE_JOINED);
    assert_eq!(hex(&wire::new_entry(cookies.next_cookie(), &joined(9, FIRST + 2, &[5, 300]))), TWO_JOINED);
}

#[test]
fn the_cookies_of_a_connection_begin_again_after_0x7fff() {
    let mut cookies = EventCookies::default();
    let all: Vec<u32> = std::iter::repeat_with(|| cookies.next_cookie()).take(0x8001).collect();
    assert_eq!(all[..2], [0x8000_8000, 0x8000_8001]);
    assert_eq!(all[0x7fff..], [0x8000_ffff, 0x8000_8000]);
}

#[test]
fn the_responses_are_the_contracts_bytes() {
    assert_eq!(hex(&wire::message_received(0, 7)), "000000000180000007000000");
    assert_eq!(hex(&wire::message_invalid(6, "empty message")), "0600000002800000656d707479206d657373616765");
    assert_eq!(hex(&wire::unknown_event(5)), "0500000000800000");
    assert_eq!(hex(&wire::history_entries(1, &[hello()], &[])), ONLY_7);
    assert_eq!(hex(&wire::history_entries(1, &[hello(), joined(8, FIRST + 1, &[5])], &[])), BOTH_BEFORE);
    assert_eq!(hex(&wire::history_entries(2, &[hello()], &[joined(8, FIRST + 1, &[5])])), ONE_EACH);
    assert_eq!(hex(&wire::history_entries(4, &[], &[])), "040000000380000000000000");
}

#[test]
fn a_long_entry_has_a_length_of_two_bytes() {
    let text = Entry::NewMessage { id: 7, author: 3, at: FIRST, message: vec![0; 157 - 18].into() };
    let history = wire::history_entries(1, &[text], &[]);
    assert_eq!(hex(&history[12..18]), "01009d011200");
}

#[test]
fn the_requests_are_the_contracts_bytes() {
    assert_eq!(hex(&send_message(0, &bytes(HELLO))), "000000000200030000090107020548656c6c6f");
    let histories = [
        (1, GetHistory { reference: 0, before: 20, after: 0 }, "01000000030002000000000014000000"),
        (2, GetHistory { reference: 8, before: 20, after: 0 }, "02000000030002000800000014000000"),
        (3, GetHistory { reference: 7, before: 0, after: 20 }, "03000000030002000700000000001400"),
    ];
    for (cookie, wanted, expected) in histories {
        assert_eq!(hex(&get_history(cookie, wanted)), expected);
        assert_eq!(wire::receive(&bytes(expected)), Received::GetHistory { cookie, wanted });
    }
    let sent = bytes("000000000200030000090107020548656c6c6f");
    assert_eq!(wire::receive(&sent), Received::SendMessage { cookie: 0, message: &bytes(HELLO) });
}

#[test]
fn a_client_reads_what_the_server_sends() {
    assert_eq!(decoded(CONNECTED), (0x8000_8000, format!("{:?}", FromServer::Connected)));
    assert_eq!(decoded(NEW_MESSAGE), (0x8000_8001, format!("{:?}", FromServer::NewEntry(hello()))));
    let two = FromServer::NewEntry(joined(9, FIRST + 2, &[5, 300]));
    assert_eq!(decoded(TWO_JOINED), (0x8000_8003, format!("{two:?}")));
    assert_eq!(decoded("000000000180000007000000"), (0, format!("{:?}", FromServer::MessageReceived(7))));
    let invalid = decoded("0600000002800000656d707479206d657373616765");
    assert_eq!(invalid, (6, format!("{:?}", FromServer::MessageInvalid("empty message"))));
    assert_eq!(decoded("0500000000800000"), (5, format!("{:?}", FromServer::UnknownEvent)));
    let history = FromServer::HistoryEntries { before: vec![hello()], after: vec![joined(8, FIRST + 1, &[5])] };
    assert_eq!(decoded(ONE_EACH), (2, format!("{history:?}")));
}

#[test]
fn the_header_of_an_event_says_what_the_receiver_must_do() {
    let flags = |message: &str| Header::split(&bytes(message)).unwrap().0.flags;
    assert_eq!((flags(CONNECTED), flags(NEW_MESSAGE), flags(ONE_JOINED)), (0, 1, 0));
}

#[test]
fn a_longer_header_of_a_later_version_is_skipped() {
    let longer = bytes("018000800100010014000700000003000000804c945d00000000aaaa00090107020548656c6c6f");
    assert_eq!(decode(&longer).unwrap().1, FromServer::NewEntry(hello()));
}

#[test]
fn entries_of_unknown_types_are_left_out_of_a_history() {
    let history =
        bytes("010000000380000002000000770002aaaa01001d12000700000003000000804c945d0000000000090107020548656c6c6f");
    assert_eq!(decode(&history).unwrap().1, FromServer::HistoryEntries { before: vec![hello()], after: vec![] });
}

#[test]
fn bodies_that_do_not_fit_their_type_are_refused() {
    let wrong = [
        ("0080", "the message is shorter than a header"),
        ("0080008077000000", "servers send nothing of type 0x0077"),
        ("018000800100010011000700000003000000804c945d00000000", "the body does not fit type 0x0001"),
        ("02800080040000000e0008000000814c945d00000000050000", "the body does not fit type 0x0004"),
        ("02800080040000000e0008000000814c945d00000000", "the body does not fit type 0x0004"),
        ("0000000001800000070000", "the body does not fit type 0x8001"),
        ("0600000002800000ff", "the body does not fit type 0x8002"),
        ("0100000003800000ffff0000", "the body does not fit type 0x8003"),
    ];
    for (message, reason) in wrong {
        assert_eq!(decode(&bytes(message)).unwrap_err().to_string(), reason, "{message}");
    }
}
