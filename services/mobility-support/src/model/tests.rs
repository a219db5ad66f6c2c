//! The ticket over random sequences of what providers and agents do.

use chrono::{DateTime, TimeDelta, Utc};
use domain::lines::mobility::{MobilityPriority, MobilityStatus};
use domain::{
    Actor, Aggregate as _, Change, Clock as _, Priority, PriorityWord as _, Role, Status, StatusWord as _, Subject,
    SystemClock, TicketEvent, TicketKey,
};
use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Execute(Box<Execution>),
    Reply,
    SetStatus(Status),
    SetPriority(Priority),
    Expect(Option<u8>),
    Assign(Option<u8>),
}

fn subject(text: &str) -> Subject {
    Subject::try_from(text).unwrap()
}

fn actor(role: Role) -> Actor {
    Actor::new(subject(if role == Role::Agent { "agent_1" } else { "mp_1" }), role)
}

fn content() -> Content {
    Content {
        support_type: SupportType::BrokenDown,
        context: None,
        location: "GPS:1,2".to_owned(),
        timestamp: "2024-01-15T10:30:00Z".to_owned(),
        priority: None,
        contact_information_end_user: None,
        comment: None,
        urls: None,
        requested_response_time: None,
        time_to_resolution: None,
        damage: None,
        links: None,
    }
}

fn execution(content: Content, status: Option<MobilityStatus>) -> Execution {
    Execution { id: Some(TicketId("t1".to_owned())), status, content, fingerprint: [0; 32] }
}

fn opened(content: Content) -> Ticket {
    let new = New {
        key: TicketKey(SystemClock.new_id()),
        id: TicketId("t1".to_owned()),
        provider: subject("mp_1"),
        actor: actor(Role::Service),
    };
    let change = Ticket::open(new, &execution(content, None), SystemClock.now());
    Ticket::stored(change.into_next().row().clone())
}

fn update(ticket: &Ticket, content: Content, status: Option<MobilityStatus>) -> Result<Change<Ticket>, Refused> {
    let ticket = Ticket::stored(ticket.row().clone());
    ticket.update(SystemClock.new_id(), actor(Role::Service), &execution(content, status), SystemClock.now())
}

fn take(ticket: Ticket, step: &Step, now: DateTime<Utc>) -> Result<Change<Ticket>, Refused> {
    let agent = actor(Role::Agent);
    match step {
        Step::Execute(execution) => ticket.update(SystemClock.new_id(), actor(Role::Service), execution, now),
        Step::Reply => {
            let id = SystemClock.new_id();
            ticket.reply(agent, Message { id, author: subject("agent_1"), body: "r".to_owned(), at: now })
        }
        Step::SetStatus(status) => ticket.set_status(agent, *status, now),
        Step::SetPriority(priority) => Ok(ticket.set_priority(agent, *priority, now)),
        Step::Expect(minutes) => Ok(ticket.expect_resolution(agent, *minutes, now)),
        Step::Assign(to) => Ok(ticket.assign(agent, to.map(|number| subject(&format!("agent_{number}"))), now)),
    }
}

fn execute() -> impl Strategy<Value = Step> {
    let status = prop::option::of(prop::sample::select(MobilityStatus::ALL.to_vec()));
    let priority = prop::option::of(prop::sample::select(MobilityPriority::ALL.to_vec()));
    let kind = prop::sample::select(SupportType::ALL.to_vec());
    (status, priority, kind, prop::option::of("[ab]")).prop_map(|(status, priority, support_type, comment)| {
        Step::Execute(Box::new(execution(Content { support_type, priority, comment, ..content() }, status)))
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => execute(),
        2 => Just(Step::Reply),
        3 => prop::sample::select(Status::ALL.to_vec()).prop_map(Step::SetStatus),
        2 => prop::sample::select(Priority::ALL.to_vec()).prop_map(Step::SetPriority),
        1 => prop::option::of(0..3_u8).prop_map(Step::Expect),
        1 => prop::option::of(0..3_u8).prop_map(Step::Assign),
    ]
}

/// What must hold after every step, whatever came before.
fn check(before: &Ticket, step: &Step, change: &Change<Ticket>) -> Result<(), TestCaseError> {
    let after = change.next();
    let (was, is) = (before.row(), after.row());
    prop_assert!(is.shown.word().fits(is.shown.status()));
    let stands_for = is.content.priority.map_or(is.content.support_type.priority(), MobilityPriority::canon);
    prop_assert_eq!(stands_for, is.priority, "the word, or its absence, stands for the priority");
    prop_assert_eq!(after.version(), before.version() + change.events().len() as i64);
    for (index, event) in change.events().iter().enumerate() {
        prop_assert_eq!(event.version, before.version() + 1 + index as i64, "versions have no gaps");
    }
    // A reply is seen even if it says the same again.
    let is_visible = matches!(step, Step::Reply) || was.content != is.content || was.shown.word() != is.shown.word();
    let is_change = is_visible || was.shown != is.shown || was.assignee != is.assignee || was.sequence != is.sequence;
    if is_change {
        prop_assert!(!change.events().is_empty(), "no state goes untold");
    }
    prop_assert!((0..=10).contains(&is.sequence));
    if is_visible {
        prop_assert_eq!(is.sequence, (was.sequence + 1).min(10), "what the provider sees counts, once");
    }
    if matches!(step, Step::Execute(_)) {
        prop_assert!(!Ticket::is_to_be_told(after), "nobody is told of what he did himself");
        prop_assert_ne!(was.shown.word(), MobilityStatus::Revoked, "what is over stays over");
    } else {
        prop_assert_eq!(after.is_to_be_told(), is_visible, "support's visible changes are told, and nothing else");
    }
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
        let mut ticket = opened(content());
        for (index, step) in steps.iter().enumerate() {
            let now = start + TimeDelta::seconds(index as i64 + 1);
            let stored = Ticket::stored(ticket.row().clone()).followed();
            match take(stored.clone(), step, now) {
                Ok(change) => {
                    check(&stored, step, &change)?;
                    ticket = change.into_next();
                }
                Err(Refused::Closed) => prop_assert_eq!(stored.row().shown.status(), Status::Closed),
                Err(Refused::Move(from, _)) => prop_assert_eq!(from, stored.row().shown.status()),
                Err(Refused::Word(from, _) | Refused::Over(from)) => prop_assert_eq!(from, stored.row().shown.word()),
            }
        }
    }
}

#[test]
fn a_provider_may_do_what_the_table_says_and_nothing_else() {
    use MobilityStatus::{Open, Requested, Resolved, Revoked, UpdateRequested};
    for (from, allowed) in [
        (Requested, vec![Requested, Resolved, Revoked]),
        (Open, vec![Open, Resolved, Revoked]),
        (UpdateRequested, vec![Open, UpdateRequested, Resolved, Revoked]),
        (Resolved, vec![]),
        (Revoked, vec![]),
    ] {
        let ticket = match from {
            Requested => opened(content()),
            _ => {
                let set = opened(content()).set_status(actor(Role::Agent), from.canon(), SystemClock.now());
                Ticket::stored(set.unwrap().into_next().row().clone())
            }
        };
        assert_eq!(ticket.row().shown.word(), from);
        for to in MobilityStatus::ALL.iter().copied() {
            let asked = update(&ticket, content(), Some(to));
            match asked {
                Ok(change) => {
                    assert!(allowed.contains(&to), "{from:?} to {to:?}");
                    assert_eq!(change.next().row().shown.word(), to);
                    assert_eq!(change.next().row().shown.status(), to.canon());
                }
                Err(refused) => {
                    assert!(!allowed.contains(&to), "{from:?} to {to:?}");
                    assert_eq!(refused, Refused::Word(from, to));
                }
            }
        }
        let same = update(&ticket, content(), None);
        assert_eq!(same.is_err(), matches!(from, Resolved | Revoked), "{from:?} without a status");
    }
}

#[test]
fn an_agents_priority_survives_a_repetition_and_falls_to_a_new_word() {
    let high = Content { priority: Some(MobilityPriority::ErrorCanContinue), ..content() };
    let agent = actor(Role::Agent);
    let decided = opened(high.clone()).set_priority(agent, Priority::Low, SystemClock.now()).into_next();
    assert_eq!(decided.row().content.priority, Some(MobilityPriority::Question));
    let repeated = update(&decided, high, None).unwrap().into_next();
    assert_eq!(
        (repeated.row().priority, repeated.row().content.priority),
        (Priority::Low, Some(MobilityPriority::Question))
    );
    let silent = update(&repeated, content(), None).unwrap().into_next();
    assert_eq!(silent.row().priority, Priority::Low, "a member that is absent stays");
    let urgent = Content { priority: Some(MobilityPriority::ErrorCannotContinue), ..content() };
    assert_eq!(update(&silent, urgent, None).unwrap().next().row().priority, Priority::Urgent);
}

#[test]
fn without_a_word_the_support_type_decides_until_it_is_repeated() {
    let agent = actor(Role::Agent);
    let dirty = Content { support_type: SupportType::NotClean, ..content() };
    let ticket = opened(dirty.clone());
    assert_eq!(ticket.row().priority, Priority::Normal);
    let same = ticket.clone().set_priority(agent.clone(), Priority::Normal, SystemClock.now());
    assert!(same.events().is_empty());
    assert_eq!(same.next().row().content.priority, None, "normal on NOT_CLEAN keeps it absent");
    let decided = ticket.set_priority(agent, Priority::Urgent, SystemClock.now()).into_next();
    let repeated = update(&decided, dirty, None).unwrap().into_next();
    assert_eq!(repeated.row().priority, Priority::Urgent);
    let accident = Content { support_type: SupportType::Evidence, ..content() };
    let other = update(&repeated, accident, None).unwrap().into_next();
    assert_eq!((other.row().priority, other.row().content.priority), (Priority::Low, Some(MobilityPriority::Question)));
}

#[test]
fn other_keeps_its_word_under_normal() {
    let other = Content { priority: Some(MobilityPriority::Other), ..content() };
    let high = opened(other.clone()).set_priority(actor(Role::Agent), Priority::High, SystemClock.now()).into_next();
    assert_eq!(high.row().content.priority, Some(MobilityPriority::ErrorCanContinue));
    let same = opened(other).set_priority(actor(Role::Agent), Priority::Normal, SystemClock.now());
    assert!(same.events().is_empty());
    assert_eq!(same.next().row().content.priority, Some(MobilityPriority::Other));
}

#[test]
fn supplied_members_replace_and_absent_ones_stay() {
    let first =
        Content { comment: Some("a".to_owned()), urls: Some(vec!["https://x.example/".to_owned()]), ..content() };
    let second = Content { comment: Some("b".to_owned()), location: "GPS:3,4".to_owned(), ..content() };
    let change = update(&opened(first), second, Some(MobilityStatus::Revoked)).unwrap();
    let kinds: Vec<_> = change.events().iter().map(|new| new.event.kind()).collect();
    assert_eq!(kinds, ["ticket.updated", "ticket.closed"]);
    let fields = TicketEvent::Updated { fields: vec!["location".to_owned(), "comment".to_owned()] };
    assert_eq!(change.events()[0].event, fields);
    let content = &change.next().row().content;
    assert_eq!(content.comment.as_deref(), Some("b"));
    assert_eq!(content.urls.as_ref().map(Vec::len), Some(1));
    assert_eq!(change.next().row().sequence, 1, "one change, whatever it consists of");
}

#[test]
fn a_comment_that_the_provider_repeats_is_no_new_message() {
    let said = Content { comment: Some("It broke".to_owned()), ..content() };
    let ticket = opened(said.clone());
    let later = Content { timestamp: "2024-01-15T11:00:00Z".to_owned(), ..said.clone() };
    assert_eq!(update(&ticket, later, None).unwrap().next().said(), None);
    let other = Content { comment: Some("It burns".to_owned()), ..said };
    let change = update(&ticket, other, None).unwrap();
    assert_eq!(change.next().said().map(|message| message.body.as_str()), Some("It burns"));
}

#[test]
fn closed_after_resolved_keeps_the_word_and_closed_otherwise_is_revoked() {
    let agent = || actor(Role::Agent);
    let now = SystemClock.now();
    let resolved = opened(content()).set_status(agent(), Status::Resolved, now).unwrap().into_next();
    let change = Ticket::stored(resolved.row().clone()).followed().set_status(agent(), Status::Closed, now).unwrap();
    assert_eq!(change.next().row().shown.word(), MobilityStatus::Resolved);
    assert_eq!(change.next().row().sequence, resolved.row().sequence, "the provider sees no difference");
    assert!(!change.next().is_to_be_told());
    let revoked = opened(content()).set_status(agent(), Status::Closed, now).unwrap().into_next();
    assert_eq!(revoked.row().shown.word(), MobilityStatus::Revoked);
}

#[test]
fn a_random_id_is_a_uuid_of_version_four() {
    assert_eq!(TicketId::random([0xFF; 16]).to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
}

#[test]
fn words_are_readable() {
    assert_eq!(SupportType::MissingAfterPause.readable(), "Missing after pause");
    assert_eq!(SupportType::Other.readable(), "Other");
}
