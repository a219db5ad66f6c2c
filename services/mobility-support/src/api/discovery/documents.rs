//! The discovery documents. Their members are the contract's, exactly; only the origin varies.

use domain::StatusWord as _;
use domain::lines::mobility::{MobilityPriority, MobilityStatus};
use serde_json::{Value, json};

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

pub(super) fn landing_page(origin: &str) -> Value {
    let link = |rel: &str, path: &str, kind: &str| link(origin, rel, path, kind);
    json!({
        "title": "Crossdesk mobility support",
        "description": "TOMP-API 2.0 support module",
        "links": [
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
    })
}

pub(super) fn conformance() -> Value {
    json!({"conformsTo": CONFORMS_TO})
}

pub(super) fn collections(origin: &str) -> Value {
    json!({
        "links": [link(origin, "self", "/collections", JSON)],
        "collections": [collection(origin)],
    })
}

pub(super) fn collection(origin: &str) -> Value {
    let path = format!("/collections/{TICKETS}");
    json!({
        "id": TICKETS,
        "title": "Support tickets",
        "description": "Support tickets of a package and leg, in their current state",
        "links": [
            link(origin, "self", &path, JSON),
            link(origin, "items", &format!("{path}/items"), GEO_JSON),
        ],
    })
}

pub(super) fn processes(origin: &str) -> Value {
    json!({
        "processes": [summary(origin)],
        "links": [link(origin, "self", "/processes", JSON)],
    })
}

pub(super) fn process(origin: &str) -> Value {
    let mut process = summary(origin);
    process["inputs"] = inputs();
    process["outputs"] = json!({"supportTicket": {"title": "Support ticket", "schema": {"type": "object"}}});
    process
}

fn summary(origin: &str) -> Value {
    let path = format!("/processes/{PROCESS}");
    let mut service = link(origin, "service", &format!("{path}/execution"), JSON);
    service["method"] = "POST".into();
    json!({
        "id": PROCESS,
        "title": "Request support",
        "description": "Creates or updates a support ticket",
        "version": "2.0.0",
        "jobControlOptions": ["sync-execute"],
        "outputTransmission": ["value"],
        "links": [service, link(origin, "service-desc", &path, JSON)],
    })
}

fn inputs() -> Value {
    let support_types: Vec<&str> = SupportType::ALL.iter().map(|word| word.text()).collect();
    let statuses: Vec<&str> = MobilityStatus::ALL.iter().filter_map(|word| word.text()).collect();
    let priorities = MobilityPriority::ALL.map(MobilityPriority::text);
    let text = |max: u32| json!({"type": "string", "maxLength": max});
    let minutes = || json!({"type": "integer", "minimum": 0, "maximum": 100});
    let object = || json!({"type": "object"});
    let urls = json!({"type": "array", "maxItems": 10, "items": {"type": "string", "format": "uri"}});
    json!({
        "supportType": needed("Kind of support", json!({"type": "string", "enum": support_types})),
        "type": needed("Object type", json!({"type": "string", "pattern": "^(supportTicket)$"})),
        "location": needed("Place reference", text(200)),
        "timestamp": needed("Reporting time", json!({"type": "string", "format": "date-time"})),
        "id": possible("Ticket id", text(200)),
        "status": possible("Status", json!({"type": "string", "enum": statuses})),
        "context": possible("Asset, leg, product and package", object()),
        "priority": possible("Priority", json!({"type": "string", "enum": priorities})),
        "contactInformationEndUser": possible("Contact of the traveller", text(200)),
        "comment": possible("Comment", text(10_000)),
        "urls": possible("Pictures and documents", urls),
        "requestedResponseTime": possible("Requested response time in minutes", minutes()),
        "timeToResolution": possible("Expected minutes to resolution", minutes()),
        "damage": possible("Damage of the asset", object()),
        "sequence": possible(
            "Ignored; counted by the server",
            json!({"type": "integer", "minimum": 0, "maximum": 10}),
        ),
        "links": possible("Links", object()),
    })
}

fn needed(title: &str, schema: Value) -> Value {
    json!({"title": title, "minOccurs": 1, "maxOccurs": 1, "schema": schema})
}

fn possible(title: &str, schema: Value) -> Value {
    json!({"title": title, "minOccurs": 0, "maxOccurs": 1, "schema": schema})
}

fn link(origin: &str, rel: &str, path: &str, kind: &str) -> Value {
    json!({"rel": rel, "href": format!("{origin}{BASE}{path}"), "type": kind})
}
