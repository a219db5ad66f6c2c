//! The ticket over random sequences of what clients and agents do.

use chrono::{DateTime, TimeDelta, Utc};
use domain::lines::loan::{LoanPriority, LoanStatus};
use domain::{
    Aggregate as _, Change, Clock as _, Priority, Role, Status, StatusWord as _, Subject, SystemClock, TicketEvent,
    TicketKey,
};
use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Message { by_support: bool },
    Close { by_support: bool },
    SetStatus(Status),
    SetPriority(Priority),
    Assign(Option<u8>),
}

fn author(is_support: bool) -> Author {
    let subject = Subject::try_from(if is_support { "agent_1" } else { "user_1" }).unwrap();
    let role = if is_support { Role::Agent } else { Role::Customer };
    Author { actor: domain::Actor::new(subject.clone(), role), subject, is_support }
}

fn opened(now: DateTime<Utc>) -> Change<Ticket> {
    let draft = Draft {
        subject: "s".to_owned(),
        description: "d".to_owned(),
        category_id: "category_001".to_owned(),
        priority: LoanPriority::Medium,
        attachments: Vec::new(),
    };
    Ticket::open(TicketKey(SystemClock.new_id()), &author(false), draft, now)
}

fn message(by: &Author, now: DateTime<Utc>) -> Message {
    let id = MessageId(SystemClock.new_id());
    Message { id, sender: by.subject.clone(), content: "m".to_owned(), attachments: Vec::new(), at: now }
}

fn take(ticket: Ticket, step: &Step, now: DateTime<Utc>) -> Result<Change<Ticket>, Refused> {
    let agent = author(true);
    match step {
        Step::Message { by_support } => {
            let by = author(*by_support);
            ticket.add_message(&by, message(&by, now))
        }
        Step::Close { by_support } => Ok(ticket.close(author(*by_support).actor, None, now)),
        Step::SetStatus(status) => ticket.set_status(agent.actor, *status, now),
        Step::SetPriority(priority) => Ok(ticket.set_priority(agent.actor, *priority, now)),
        Step::Assign(to) => {
            let to = to.map(|number| Subject::try_from(format!("agent_{number}")).unwrap());
            Ok(ticket.assign(agent.actor, to, now))
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<bool>().prop_map(|by_support| Step::Message { by_support }),
        1 => any::<bool>().prop_map(|by_support| Step::Close { by_support }),
        4 => prop::sample::select(Status::ALL.to_vec()).prop_map(Step::SetStatus),
        1 => prop::sample::select(Priority::ALL.to_vec()).prop_map(Step::SetPriority),
        1 => prop::option::of(0..3_u8).prop_map(Step::Assign),
    ]
}

/// What must hold after every step, whatever came before.
fn check(before: &Ticket, change: &Change<Ticket>) -> Result<(), TestCaseError> {
    let after = change.next();
    let (was, is) = (before.row(), after.row());
    prop_assert!(is.shown.word().fits(is.shown.status()));
    prop_assert_eq!(is.closing.is_some(), is.shown.status() == Status::Closed, "closed tickets know when");
    prop_assert_eq!(after.version(), before.version() + change.events().len() as i64);
    for (index, event) in change.events().iter().enumerate() {
        prop_assert_eq!(event.version, before.version() + 1 + index as i64, "versions have no gaps");
    }
    if was.shown.status() == Status::Closed {
        prop_assert_eq!(is.shown, was.shown, "a closed ticket stays closed for ever");
        prop_assert_eq!(&is.closing, &was.closing);
    }
    let changed = was.shown != is.shown
        || was.priority != is.priority
        || was.assigned_agent != is.assigned_agent
        || after.added().is_some();
    prop_assert_eq!(changed, !change.events().is_empty(), "an event for every change and for nothing else");
    if let Some(last) = change.events().last() {
        prop_assert_eq!(&last.state, &after.state(), "the last event tells the state");
        prop_assert_eq!(is.updated_at, change.at());
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_sequence_of_steps_keeps_the_ticket_whole(steps in prop::collection::vec(step(), 0..40)) {
        let start = SystemClock.now();
        let mut ticket = opened(start).into_next();
        for (index, step) in steps.iter().enumerate() {
            let now = start + TimeDelta::seconds(index as i64 + 1);
            let stored = Ticket::stored(ticket.row().clone());
            match take(stored.clone(), step, now) {
                Ok(change) => {
                    check(&stored, &change)?;
                    ticket = change.into_next();
                }
                Err(Refused::Closed) => prop_assert_eq!(stored.row().shown.status(), Status::Closed),
                Err(Refused::Move(from, _)) => prop_assert_eq!(from, stored.row().shown.status()),
            }
        }
    }
}

#[test]
fn messages_change_the_status_as_the_table_says() {
    use LoanStatus::{InProgress, Open, Resolved};
    for (word, by_support, expected) in [
        (Open, false, Open),
        (Open, true, InProgress),
        (InProgress, false, InProgress),
        (InProgress, true, InProgress),
        (Resolved, false, InProgress),
        (Resolved, true, Resolved),
    ] {
        let now = SystemClock.now();
        let ticket = opened(now).into_next();
        let ticket = ticket.set_status(author(true).actor, word.canon(), now);
        let ticket = match ticket {
            Ok(change) => change.into_next(),
            // New is where it starts; nobody sets it.
            Err(_) => opened(now).into_next(),
        };
        let by = author(by_support);
        let after = ticket.add_message(&by, message(&by, now)).unwrap().into_next();
        assert_eq!(after.row().shown.word(), expected, "{word:?}, by support: {by_support}");
    }
}

#[test]
fn a_customer_who_answers_a_pending_ticket_opens_it_under_the_same_word() {
    let now = SystemClock.now();
    let ticket = opened(now).into_next().set_status(author(true).actor, Status::Pending, now).unwrap().into_next();
    let by = author(false);
    let change = ticket.add_message(&by, message(&by, now)).unwrap();
    let moved = TicketEvent::StatusChanged {
        from: Status::Pending,
        to: Status::Open,
        line_from: Some("In Progress".to_owned()),
        line_to: Some("In Progress".to_owned()),
    };
    assert_eq!(change.events().last().map(|new| &new.event), Some(&moved));
}

#[test]
fn the_first_agent_who_answers_gets_the_ticket_and_the_second_does_not() {
    let now = SystemClock.now();
    let first = author(true);
    let change = opened(now).into_next().add_message(&first, message(&first, now)).unwrap();
    let kinds: Vec<_> = change.events().iter().map(|new| new.event.kind()).collect();
    assert_eq!(kinds, ["ticket.message_added", "ticket.assigned", "ticket.status_changed"]);
    let mut second = author(true);
    second.subject = Subject::try_from("agent_2").unwrap();
    let ticket = Ticket::stored(change.into_next().row().clone());
    let after = ticket.add_message(&second, message(&second, now)).unwrap();
    assert_eq!(after.next().row().assigned_agent, Some(first.subject));
    assert_eq!(after.events().len(), 1);
}

#[test]
fn closing_again_keeps_the_first_time_and_tells_nothing() {
    let now = SystemClock.now();
    let by = author(false).actor;
    let closed = opened(now).into_next().close(by.clone(), Some("first".to_owned()), now).into_next();
    let again = Ticket::stored(closed.row().clone()).close(by, Some("second".to_owned()), now + TimeDelta::hours(1));
    assert!(again.events().is_empty());
    assert_eq!(again.next().row().closing, Some(Closing { at: now, resolution: Some("first".to_owned()) }));
}
