//! What the gateway must know of each service: nothing of its operations, only whose words an error has, how callers
//! identify themselves, how much they may send, and whether they have WebSockets.

use web::{MAX_BODY_BYTES, Shape};

/// Largest body of the helpdesk (contracts, README 3.6).
const HELPDESK_BODY_BYTES: u64 = 64 * 1024;
/// Largest body of `POST /files`: a file of 25 MiB (contracts, README 3.6) and the multipart lines around it.
const UPLOAD_BODY_BYTES: u64 = 25 * 1024 * 1024 + 64 * 1024;
/// Largest body elsewhere.
const BODY_BYTES: u64 = MAX_BODY_BYTES as u64;

/// What is looked at before a request goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// Nothing: the paths are open, or the service has its own way.
    Unseen,
    /// A token in `Authorization`, if there is one, must be good.
    Bearer,
    /// As `Bearer`; without the header, the token in this cookie.
    BearerOrCookie(&'static str),
}

/// The rules of a service, or of a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) service: &'static str,
    pub(crate) shape: Shape,
    pub(crate) credentials: Credentials,
    pub(crate) cors: bool,
    pub(crate) max_body_bytes: u64,
    /// Whether a WebSocket may be opened. On which of its paths, the service knows.
    pub(crate) upgrades: bool,
    /// Whether the line's contract makes a repetition the same request, whatever the method.
    pub(crate) repeatable: bool,
}

impl Policy {
    const fn new(service: &'static str, shape: Shape, credentials: Credentials) -> Self {
        Self {
            service,
            shape,
            credentials,
            cors: false,
            max_body_bytes: BODY_BYTES,
            upgrades: false,
            repeatable: false,
        }
    }

    const fn with_cors(self) -> Self {
        Self { cors: true, ..self }
    }

    const fn up_to(self, max_body_bytes: u64) -> Self {
        Self { max_body_bytes, ..self }
    }

    const fn and_repeatable(self) -> Self {
        Self { repeatable: true, ..self }
    }

    const fn with_upgrades(self) -> Self {
        Self { upgrades: true, ..self }
    }
}

/// Discovery is open and ignores tokens; the two operations that are not are the service's business.
pub(crate) const MOBILITY: Policy = Policy::new("mobility-support", Shape::Mobility, Credentials::Unseen);
pub(crate) const HELPDESK: Policy =
    Policy::new("helpdesk-conversation", Shape::Helpdesk, Credentials::BearerOrCookie("sesid"))
        .up_to(HELPDESK_BODY_BYTES)
        .with_upgrades();
pub(crate) const LOAN: Policy = Policy::new("loan-support", Shape::Loan, Credentials::Bearer);
/// Basic credentials cost a password hash, and only the service has the hashes. The same request again gets the same answer
/// (mas.md 4).
pub(crate) const MAS: Policy = Policy::new("mas-gateway", Shape::Mas, Credentials::Unseen).and_repeatable();
/// Guests have no token; a bad one never makes a guest (tours.md 2).
pub(crate) const TICKETS: Policy = Policy::new("tour-tickets", Shape::Tours, Credentials::Bearer).with_cors();
pub(crate) const ATTACHMENTS: Policy = Policy::new("attachments", Shape::Tours, Credentials::Bearer).with_cors();
pub(crate) const UPLOADS: Policy = ATTACHMENTS.up_to(UPLOAD_BODY_BYTES);
pub(crate) const DESK: Policy = Policy::new("desk", Shape::Problem, Credentials::Bearer);
/// The console has its own sign-in.
pub(crate) const CONSOLE: Policy = Policy::new("desk", Shape::Problem, Credentials::Unseen);

/// One policy per service, for rows that name only the service, and for the list of services on the docs page.
pub(crate) const SERVICES: [(Policy, &str); 7] = [
    (MOBILITY, "TOMP-API 2.0 support module"),
    (HELPDESK, "technical support: tickets with live conversations"),
    (LOAN, "support tickets of the loan app"),
    (MAS, "resume-service requests for MAS"),
    (TICKETS, "marketplace tickets"),
    (ATTACHMENTS, "attachments of marketplace tickets, and files"),
    (DESK, "the agents' API and console over all lines"),
];
