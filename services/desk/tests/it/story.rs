//! A ticket's life as events, and a desk that is told of it.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use desk::Desk;
use domain::{
    Actor, Clock as _, Envelope, EventData, EventId, Line, Priority, Status, Stream, SystemClock, TicketKey,
    TicketState,
};
use serde_json::{Value, json};
use testkit::{TestApp, eventually};

use crate::owner::Owner;

/// The one owner of all tickets in these tests.
pub(crate) const OWNER: &str = "some-line";

/// A desk that can ask `owner`, and reads its queue.
pub(crate) async fn desk_with(owner: &Owner) -> TestApp {
    listening(TestApp::builder().address(OWNER, owner.url()).start::<Desk>().await).await
}

/// A desk that reads its queue.
pub(crate) async fn desk() -> TestApp {
    listening(TestApp::start::<Desk>().await).await
}

/// Waits until the desk takes events: one that comes before is nobody's.
pub(crate) async fn listening(app: TestApp) -> TestApp {
    let mut probe = Story::opened(Line::Tours, "nobody").last();
    probe.partitionkey = Stream::of_attachments(probe.data.ticket_key);
    eventually("the desk takes events", async || {
        app.publish(&probe).await;
        (app.database.count("SELECT count(*) FROM applied_streams").await == 1).then_some(())
    })
    .await;
    app
}

/// A ticket and its events so far.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub(crate) key: TicketKey,
    pub(crate) log: Vec<Envelope>,
    line: Line,
    state: TicketState,
    at: DateTime<Utc>,
}

/// A moment of these tests: so many seconds after their beginning.
pub(crate) fn second(number: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::seconds(number)
}

impl Story {
    /// A ticket that somebody opened, each a second after the one before.
    pub(crate) fn opened(line: Line, requester: &str) -> Self {
        static NEXT: AtomicI64 = AtomicI64::new(0);
        Self::opened_at(line, requester, second(NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    /// A ticket that somebody opened then.
    pub(crate) fn opened_at(line: Line, requester: &str, at: DateTime<Utc>) -> Self {
        let state = TicketState { status: Status::New, line_status: Some("Open".into()), priority: Priority::Normal };
        let mut story = Self { key: TicketKey(SystemClock.new_id()), log: Vec::new(), line, state, at };
        story.push("ticket.opened", json!({"requester": requester, "category": "billing"}));
        story
    }

    /// Another event, a second later.
    pub(crate) fn then(mut self, kind: &str, members: Value) -> Self {
        self.at += TimeDelta::seconds(1);
        self.push(kind, members);
        self
    }

    /// What follows happens after this moment.
    pub(crate) fn at(mut self, moment: DateTime<Utc>) -> Self {
        self.at = moment;
        self
    }

    /// Another status.
    pub(crate) fn moved(mut self, to: Status) -> Self {
        let from = self.state.status;
        self.state.status = to;
        let kind = if to == Status::Closed { "ticket.closed" } else { "ticket.status_changed" };
        self.then(kind, json!({"from": from, "to": to, "lineFrom": "Open", "lineTo": "Open"}))
    }

    /// Another priority.
    pub(crate) fn prioritised(mut self, priority: Priority) -> Self {
        self.state.priority = priority;
        self.then("ticket.updated", json!({"fields": ["priority"]}))
    }

    /// Another assignee, or none.
    pub(crate) fn assigned(self, assignee: Option<&str>) -> Self {
        self.then("ticket.assigned", json!({"assignee": assignee, "previous": null}))
    }

    fn push(&mut self, kind: &str, members: Value) {
        let data = EventData {
            line: self.line,
            ticket_key: self.key,
            ticket_id: format!("id-{}", self.key),
            version: i64::try_from(self.log.len()).unwrap() + 1,
            actor: Actor::system(),
            state: Some(self.state.clone()),
            members: members.as_object().unwrap().clone(),
        };
        let place = (Stream::of_ticket(self.key), self.at, telemetry::TraceContext::start().to_string());
        self.log.push(Envelope::wrap(EventId(SystemClock.new_id()), OWNER, kind, place, data));
    }

    /// The last event.
    pub(crate) fn last(&self) -> Envelope {
        self.log.last().unwrap().clone()
    }

    /// Tells the desk everything, in order.
    pub(crate) async fn tell(&self, app: &TestApp) {
        for event in &self.log {
            app.publish(event).await;
        }
    }

    /// The path of the ticket at the desk.
    pub(crate) fn path(&self) -> String {
        format!("/v1/tickets/{}", self.key)
    }

    /// What the owner shows of the ticket as it is now.
    pub(crate) fn snapshot(&self) -> Value {
        let assigned = self.log.iter().rev().find(|event| event.kind == "ticket.assigned");
        json!({
            "ticket_key": self.key, "version": self.log.len(), "status": self.state.status,
            "line_status": self.state.line_status, "priority": self.state.priority,
            "assignee": assigned.map(|event| event.data.members["assignee"].clone()),
            "line": self.line, "ticket_id": format!("id-{}", self.key), "subject": "It does not work",
            "description": "Not at all", "requester": self.log[0].data.members["requester"],
            "attachments": ["file-1"], "created_at": self.log[0].time, "updated_at": self.at,
            "messages": [{"id": "m1", "author": "user_1", "body": "Hello?", "attachments": [], "at": self.at}],
            "line_fields": {"categoryId": "billing"},
        })
    }
}
