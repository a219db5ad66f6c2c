//! The discovery documents, word for word as the contract prints them; only the origin varies. So they are structs: their
//! members stay in order.

use domain::StatusWord as _;
use domain::lines::mobility::{MobilityPriority, MobilityStatus};
use serde::{Serialize, Serializer};

use crate::api::views::{BASE, GEO_JSON, TICKETS};
use crate::model::SupportType;

/// The one process.
pub(super) const PROCESS: &str = "request-support";

const JSON: &str = "application/json";

/// Only what is implemented is claimed: no callbacks, no OpenAPI 3.0.
const CONFORMS_TO: [&str; 13] = [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/landingPage",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/ogc-process-description",
    "https://datatracker.ietf.org/doc/html/rfc7946",
    "https://datatracker.ietf.org/doc/html/rfc7807",
    "https://datatracker.ietf.org/doc/html/rfc5646",
    "https://datatracker.ietf.org/doc/html/rfc7231",
    "https://datatracker.ietf.org/doc/html/rfc3339",
    "https://datatracker.ietf.org/doc/html/rfc4122",
    "https://semver.org/",
    "https://json-schema.org/",
];

/// A document with links.
#[derive(Debug, Serialize)]
pub(super) struct LandingPage {
    title: &'static str,
    description: &'static str,
    links: Vec<Link>,
}

/// What we conform to.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Conformance {
    conforms_to: [&'static str; 13],
}

/// The collections.
#[derive(Debug, Serialize)]
pub(super) struct Collections {
    links: [Link; 1],
    collections: [Collection; 1],
}

/// A collection.
#[derive(Debug, Serialize)]
pub(super) struct Collection {
    id: &'static str,
    title: &'static str,
    description: &'static str,
    links: [Link; 2],
}

/// The processes.
#[derive(Debug, Serialize)]
pub(super) struct Processes {
    processes: [Summary; 1],
    links: [Link; 1],
}

/// A process as the list shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    id: &'static str,
    title: &'static str,
    description: &'static str,
    version: &'static str,
    job_control_options: [&'static str; 1],
    output_transmission: [&'static str; 1],
    links: [Link; 2],
}

/// A process.
#[derive(Debug, Serialize)]
pub(super) struct Process {
    #[serde(flatten)]
    summary: Summary,
    inputs: Members<Input>,
    outputs: Members<Output>,
}

#[derive(Debug, Serialize)]
struct Link {
    rel: &'static str,
    href: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    title: &'static str,
    min_occurs: u8,
    max_occurs: u8,
    schema: Schema,
}

#[derive(Debug, Serialize)]
struct Output {
    title: &'static str,
    schema: Schema,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Schema {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "enum", skip_serializing_if = "Option::is_none")]
    words: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_length: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_items: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Box<Self>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'static str>,
}

/// The members of an object, in this order.
#[derive(Debug)]
struct Members<T>(Vec<(&'static str, T)>);

impl<T: Serialize> Serialize for Members<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

pub(super) fn landing_page(origin: &str) -> LandingPage {
    let link = |rel, path: &str, kind| link(origin, rel, path, kind);
    LandingPage {
        title: "Crossdesk mobility support",
        description: "TOMP-API 2.0 support module",
        links: vec![
            link("self", "/", JSON),
            link("alternate", "/?f=html", "text/html"),
            link("service-desc", "/api", super::OPENAPI),
            link("service-doc", "/api?f=html", "text/html"),
            link("conformance", "/conformance", JSON),
            link("http://www.opengis.net/def/rel/ogc/1.0/conformance", "/conformance", JSON),
            link("data", "/collections", JSON),
            link("processes", "/processes", JSON),
            link("http://www.opengis.net/def/rel/ogc/1.0/processes", "/processes", JSON),
        ],
    }
}

pub(super) fn conformance() -> Conformance {
    Conformance { conforms_to: CONFORMS_TO }
}

pub(super) fn collections(origin: &str) -> Collections {
    Collections { links: [link(origin, "self", "/collections", JSON)], collections: [collection(origin)] }
}

pub(super) fn collection(origin: &str) -> Collection {
    let path = format!("/collections/{TICKETS}");
    Collection {
        id: TICKETS,
        title: "Support tickets",
        description: "Support tickets of a package and leg, in their current state",
        links: [link(origin, "self", &path, JSON), link(origin, "items", &format!("{path}/items"), GEO_JSON)],
    }
}

pub(super) fn processes(origin: &str) -> Processes {
    Processes { processes: [summary(origin)], links: [link(origin, "self", "/processes", JSON)] }
}

pub(super) fn process(origin: &str) -> Process {
    let ticket = Output { title: "Support ticket", schema: object() };
    Process { summary: summary(origin), inputs: Members(inputs()), outputs: Members(vec![("supportTicket", ticket)]) }
}

fn summary(origin: &str) -> Summary {
    let path = format!("/processes/{PROCESS}");
    let service = link(origin, "service", &format!("{path}/execution"), JSON);
    Summary {
        id: PROCESS,
        title: "Request support",
        description: "Creates or updates a support ticket",
        version: "2.0.0",
        job_control_options: ["sync-execute"],
        output_transmission: ["value"],
        links: [Link { method: Some("POST"), ..service }, link(origin, "service-desc", &path, JSON)],
    }
}

fn inputs() -> Vec<(&'static str, Input)> {
    let support_types = SupportType::ALL.iter().map(|word| word.text()).collect();
    let statuses = MobilityStatus::ALL.iter().filter_map(|word| word.text()).collect();
    let priorities = MobilityPriority::ALL.map(MobilityPriority::text).to_vec();
    let url = Box::new(Schema { kind: "string", format: Some("uri"), ..Schema::default() });
    let urls = Schema { kind: "array", max_items: Some(10), items: Some(url), ..Schema::default() };
    let kind = Schema { kind: "string", pattern: Some("^(supportTicket)$"), ..Schema::default() };
    let time = Schema { kind: "string", format: Some("date-time"), ..Schema::default() };
    vec![
        ("supportType", needed("Kind of support", one_of(support_types))),
        ("type", needed("Object type", kind)),
        ("location", needed("Place reference", text(200))),
        ("timestamp", needed("Reporting time", time)),
        ("id", possible("Ticket id", text(200))),
        ("status", possible("Status", one_of(statuses))),
        ("context", possible("Asset, leg, product and package", object())),
        ("priority", possible("Priority", one_of(priorities))),
        ("contactInformationEndUser", possible("Contact of the traveller", text(200))),
        ("comment", possible("Comment", text(10_000))),
        ("urls", possible("Pictures and documents", urls)),
        ("requestedResponseTime", possible("Requested response time in minutes", up_to(100))),
        ("timeToResolution", possible("Expected minutes to resolution", up_to(100))),
        ("damage", possible("Damage of the asset", object())),
        ("sequence", possible("Ignored; counted by the server", up_to(10))),
        ("links", possible("Links", object())),
    ]
}

fn needed(title: &'static str, schema: Schema) -> Input {
    Input { title, min_occurs: 1, max_occurs: 1, schema }
}

fn possible(title: &'static str, schema: Schema) -> Input {
    Input { title, min_occurs: 0, max_occurs: 1, schema }
}

fn text(max: u32) -> Schema {
    Schema { kind: "string", max_length: Some(max), ..Schema::default() }
}

fn one_of(words: Vec<&'static str>) -> Schema {
    Schema { kind: "string", words: Some(words), ..Schema::default() }
}

fn up_to(maximum: u32) -> Schema {
    Schema { kind: "integer", minimum: Some(0), maximum: Some(maximum), ..Schema::default() }
}

fn object() -> Schema {
    Schema { kind: "object", ..Schema::default() }
}

fn link(origin: &str, rel: &'static str, path: &str, kind: &'static str) -> Link {
    Link { rel, href: format!("{origin}{BASE}{path}"), kind, method: None }
}
