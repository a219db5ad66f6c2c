//! The ticket over random sequences of what members and agents do, and who is told of a message.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Aggregate as _, Change, Clock as _, Priority, Role, Status, Subject, SystemClock, TicketEvent, TicketKey,
};
use proptest::prelude::*;

use super::*;

const CUSTOMER: i32 = 3;

#[derive(Debug, Clone)]
enum Step {
    Message { author: i32, people: Vec<Person> },
    Join { agent: i32 },
    Retitle(String),
    SetStatus(Status),
    SetPriority(Priority),
    Assign(Option<u8>),
}

fn author(number: i32) -> Author {
    let is_support = number > 10;
    let role = if is_support { Role::Agent } else { Role::Customer };
    let subject = Subject::try_from(format!("user_{number}")).unwrap();
    Author { number, is_support, actor: domain::Actor::new(subject, role) }
}

fn title(text: &str) -> Title {
    Title::try_from(text.to_owned()).unwrap()
}

fn opened(now: DateTime<Utc>) -> Change<Ticket> {
    let ids = NewIds { ticket: 1, conversation: 7 };
    let requester = Subject::try_from("user_3").unwrap();
    Ticket::open(TicketKey(SystemClock.new_id()), ids, (&author(CUSTOMER), requester), title("t"), now)
}

fn take(ticket: Ticket, step: &Step, entry: i32, now: DateTime<Utc>) -> Result<Change<Ticket>, Refused> {
    let agent = author(11).actor;
    match step {
        Step::Message { author: number, people } => {
            let ids = EntryIds { message: entry, joining: entry + 1 };
            Ok(ticket.add_message(&author(*number), (ids, vec![0, 0]), people, now))
        }
        Step::Join { agent } => Ok(ticket.join(&author(*agent), entry, now)),
        Step::Retitle(text) => Ok(ticket.retitle(agent, title(text), now)),
        Step::SetStatus(status) => ticket.set_status(agent, *status, now),
        Step::SetPriority(priority) => Ok(ticket.set_priority(agent, *priority, now)),
        Step::Assign(to) => {
            let to = to.map(|number| Subject::try_from(format!("agent_{number}")).unwrap());
            Ok(ticket.assign(agent, to, now))
        }
    }
}

fn person() -> impl Strategy<Value = Person> {
    (1..20_i32, any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(number, is_member, is_support, is_connected, is_mentioned)| Person {
            number,
            is_member,
            is_support,
            // Only members have sockets, and who is no member is there because of a mention.
            is_connected: is_connected && is_member,
            is_mentioned: is_mentioned || !is_member,
        },
    )
}

fn people() -> impl Strategy<Value = Vec<Person>> {
    prop::collection::btree_map(1..20_i32, person(), 0..8)
        .prop_map(|people| people.into_iter().map(|(number, person)| Person { number, ..person }).collect())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..20_i32, people()).prop_map(|(author, people)| Step::Message { author, people }),
        1 => (11..20_i32).prop_map(|agent| Step::Join { agent }),
        1 => "[ab]{0,1}".prop_map(Step::Retitle),
        4 => prop::sample::select(Status::ALL.to_vec()).prop_map(Step::SetStatus),
        1 => prop::sample::select(Priority::ALL.to_vec()).prop_map(Step::SetPriority),
        1 => prop::option::of(0..3_u8).prop_map(Step::Assign),
    ]
}

/// What must hold after every step, whatever came before.
fn check(before: &Ticket, step: &Step, change: &Change<Ticket>) -> Result<(), TestCaseError> {
    let after = change.next();
    let (was, is) = (before.row(), after.row());
    prop_assert_eq!(after.version(), before.version() + change.events().len() as i64);
    for (index, event) in change.events().iter().enumerate() {
        prop_assert_eq!(event.version, before.version() + 1 + index as i64, "versions have no gaps");
    }
    prop_assert!(was.shown.status() == is.shown.status() || is.shown.status() != Status::New, "nothing is new again");
    let changed = Row { version: 0, updated_at: was.updated_at, ..is.clone() }
        != Row { version: 0, updated_at: was.updated_at, ..was.clone() };
    let told = changed || !after.added().is_empty() || !after.joined().is_empty();
    prop_assert_eq!(told, !change.events().is_empty(), "an event for every change and for nothing else");
    let ids: Vec<i32> = after.added().iter().map(|entry| entry.id).collect();
    prop_assert!(ids.is_sorted());
    let Step::Message { author: number, people } = step else {
        prop_assert!(after.told().is_empty(), "only messages notify members");
        return Ok(());
    };
    check_message(&author(*number), people, after)
}

fn check_message(by: &Author, people: &[Person], after: &Ticket) -> Result<(), TestCaseError> {
    let find = |number: &i32| people.iter().find(|person| person.number == *number).unwrap();
    let message = after.added()[0].id;
    prop_assert!(after.told().is_sorted_by(|a, b| a < b), "one notification per user and message");
    for person in people {
        let brought_in = after.joined().iter().any(|member| member.user == person.number);
        let may = person.is_mentioned && !person.is_member && (by.is_support || person.is_support);
        prop_assert_eq!(brought_in, may);
        let has_access = person.is_member || brought_in;
        if !has_access {
            prop_assert!(!after.told().contains(&person.number), "who has no access learns nothing");
        }
        if person.is_mentioned && has_access {
            prop_assert!(after.told().contains(&person.number), "a mention is told, also to the connected");
        }
        if person.is_connected && !person.is_mentioned {
            prop_assert!(!after.told().contains(&person.number));
        }
        if person.is_member && !person.is_connected && person.number != by.number {
            prop_assert!(after.told().contains(&person.number));
        }
    }
    prop_assert!(after.told().iter().all(|number| find(number).is_member || find(number).is_mentioned));
    prop_assert!(after.joined().iter().all(|member| member.first_visible == message));
    match after.added() {
        [_] => prop_assert!(after.joined().is_empty()),
        [_, Entry { what: What::UserJoined { users }, .. }] => {
            let joined: Vec<i32> = after.joined().iter().map(|member| member.user).collect();
            prop_assert_eq!(users, &joined);
            prop_assert!(!users.is_empty() && users.is_sorted());
        }
        other => prop_assert!(false, "{other:?}"),
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_sequence_of_steps_keeps_the_ticket_whole(steps in prop::collection::vec(step(), 0..40)) {
        let start = SystemClock.now();
        let mut ticket = opened(start).into_next();
        for (index, step) in (0_i32..).zip(&steps) {
            let now = start + TimeDelta::seconds(i64::from(index) + 1);
            let stored = Ticket::stored(ticket.row().clone());
            match take(stored.clone(), step, 10 + index * 2, now) {
                Ok(change) => {
                    check(&stored, step, &change)?;
                    ticket = change.into_next();
                }
                Err(Refused::Move(from, _)) => prop_assert_eq!(from, stored.row().shown.status()),
            }
        }
    }

    #[test]
    fn titles_have_at_most_4096_bytes_and_no_nul(text in "\\PC{0,40}", times in 1..200_usize) {
        let text = text.repeat(times);
        let fits = text.len() <= 4096;
        prop_assert_eq!(Title::try_from(text.clone()).is_ok(), fits);
        prop_assert!(Title::try_from(text + "\0").is_err(), "U+0000");
    }
}

/// A ticket in this status.
fn ticket_in(status: Status, now: DateTime<Utc>) -> Ticket {
    let ticket = opened(now).into_next();
    if status == Status::New {
        return Ticket::stored(ticket.row().clone());
    }
    Ticket::stored(ticket.set_status(author(11).actor, status, now).unwrap().into_next().row().clone())
}

#[test]
fn messages_and_joining_change_the_status_as_the_contract_says() {
    use Status::{Closed, New, Open, Pending, Resolved};
    let now = SystemClock.now();
    let ids = EntryIds { message: 5, joining: 6 };
    for (before, by_customer, by_support, joined) in [
        (New, New, Open, Open),
        (Open, Open, Open, Open),
        (Pending, Open, Pending, Pending),
        (Resolved, Open, Resolved, Resolved),
        (Closed, Open, Closed, Closed),
    ] {
        let after = |number| ticket_in(before, now).add_message(&author(number), (ids, vec![0, 0]), &[], now);
        assert_eq!(after(CUSTOMER).next().row().shown.status(), by_customer, "{before:?}, a customer writes");
        assert_eq!(after(12).next().row().shown.status(), by_support, "{before:?}, support writes");
        let after = ticket_in(before, now).join(&author(12), 5, now);
        assert_eq!(after.next().row().shown.status(), joined, "{before:?}, support joins");
    }
}

#[test]
fn a_message_that_does_everything_tells_it_in_the_contract_s_order() {
    let now = SystemClock.now();
    let mentioned = Person { number: 12, is_member: false, is_support: true, is_connected: false, is_mentioned: true };
    let ids = EntryIds { message: 5, joining: 6 };
    let change = ticket_in(Status::Closed, now).add_message(&author(CUSTOMER), (ids, vec![0, 0]), &[mentioned], now);
    let events: Vec<_> = change.events().iter().map(|new| new.event.clone()).collect();
    let moved = TicketEvent::StatusChanged { from: Status::Closed, to: Status::Open, line_from: None, line_to: None };
    assert_eq!(
        events,
        [
            TicketEvent::MessageAdded { message_id: "5".to_owned() },
            TicketEvent::Updated { fields: vec!["members".to_owned()] },
            moved
        ]
    );
    let states: Vec<_> = change.events().iter().map(|new| new.state.clone().unwrap().status).collect();
    assert_eq!(states, [Status::Closed, Status::Closed, Status::Open], "the state before the later events");
}

#[test]
fn a_customer_cannot_bring_in_a_customer_but_support_can_and_support_comes_to_anybody() {
    let now = SystemClock.now();
    let ids = EntryIds { message: 5, joining: 6 };
    for (by, is_support, comes) in
        [(CUSTOMER, false, false), (CUSTOMER, true, true), (12, false, true), (12, true, true)]
    {
        let mentioned = Person { number: 9, is_member: false, is_support, is_connected: false, is_mentioned: true };
        let change = opened(now).into_next().add_message(&author(by), (ids, vec![0, 0]), &[mentioned], now);
        let joined = change.next().joined().iter().any(|member| member.user == 9 && member.first_visible == 5);
        assert_eq!((joined, change.next().told() == [9]), (comes, comes), "by {by}, support: {is_support}");
    }
}

#[test]
fn the_author_is_not_told_of_the_own_message() {
    let now = SystemClock.now();
    let me = Person { number: 3, is_member: true, is_support: false, is_connected: false, is_mentioned: false };
    let ids = EntryIds { message: 5, joining: 6 };
    let told = |people: &[Person]| {
        opened(now)
            .into_next()
            .add_message(&author(CUSTOMER), (ids, vec![0, 0]), people, now)
            .into_next()
            .told()
            .to_vec()
    };
    assert_eq!(told(&[me]), [0_i32; 0]);
    assert_eq!(told(&[Person { is_mentioned: true, ..me }]), [3], "unless the author asks for it by a mention");
}

#[test]
fn the_same_title_changes_nothing() {
    let now = SystemClock.now();
    let change = opened(now).into_next().retitle(author(12).actor, title("t"), now);
    assert!(change.events().is_empty());
    let change = opened(now).into_next().retitle(author(12).actor, title(""), now);
    assert_eq!(change.events()[0].event, TicketEvent::Updated { fields: vec!["title".to_owned()] });
}
