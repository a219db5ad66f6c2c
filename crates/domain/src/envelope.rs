//! The CloudEvents 1.0 envelope of a ticket event (events, section 2): the body of a message is the whole event.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::{Actor, EventId, Line, Priority, Status, Stream, TicketEvent, TicketKey};

/// A ticket event as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Always `1.0`.
    pub specversion: String,
    /// A republished event keeps it.
    pub id: EventId,
    /// `/crossdesk/{service}`.
    pub source: String,
    /// The event's type, for example `ticket.opened`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `{line}/{ticketId}`.
    pub subject: String,
    /// Time of the change.
    #[serde(serialize_with = "six_digits")]
    pub time: DateTime<Utc>,
    /// Always `application/json`.
    pub datacontenttype: String,
    /// `urn:crossdesk:event:{type}:1`.
    pub dataschema: String,
    /// The stream.
    pub partitionkey: Stream,
    /// `data.version` as 20 decimal digits.
    pub sequence: String,
    /// W3C trace context of the change.
    pub traceparent: String,
    /// What happened.
    pub data: EventData,
}

/// The members of `data`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventData {
    /// The ticket's line.
    pub line: Line,
    /// The ticket's key over all lines.
    pub ticket_key: TicketKey,
    /// The id the line's clients use.
    pub ticket_id: String,
    /// Position in the stream, from 1, without gaps.
    pub version: i64,
    /// Who did it.
    pub actor: Actor,
    /// The ticket after this event; ticket streams only.
    #[serde(flatten)]
    pub state: Option<TicketState>,
    /// The members of this type of event.
    #[serde(flatten)]
    pub members: Map<String, Value>,
}

/// The state of a ticket after an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TicketState {
    /// Canonical status.
    pub status: Status,
    /// The line's word for it, null for helpdesk.
    pub line_status: Option<String>,
    /// Canonical priority.
    pub priority: Priority,
}

impl Envelope {
    /// Wraps what happened. `source` is the service's name.
    #[must_use]
    pub fn wrap(
        id: EventId,
        source: &str,
        kind: &str,
        (stream, time, traceparent): (Stream, DateTime<Utc>, String),
        data: EventData,
    ) -> Self {
        Self {
            specversion: "1.0".to_owned(),
            id,
            source: format!("/crossdesk/{source}"),
            kind: kind.to_owned(),
            subject: format!("{}/{}", data.line, data.ticket_id),
            time,
            datacontenttype: "application/json".to_owned(),
            dataschema: format!("urn:crossdesk:event:{kind}:1"),
            partitionkey: stream,
            sequence: format!("{:020}", data.version),
            traceparent,
            data,
        }
    }

    /// `<line>.<event type>`.
    #[must_use]
    pub fn routing_key(&self) -> String {
        format!("{}.{}", self.data.line, self.kind)
    }

    /// What happened; `None` for a type this version does not know.
    pub fn event(&self) -> Result<Option<TicketEvent>, serde_json::Error> {
        TicketEvent::parse(&self.kind, &self.data.members)
    }
}

fn six_digits<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Micros, true))
}
