//! Requests, read once: everything that is wrong with one is found, in the order of the contract's tables.

mod members;
mod query;
mod rules;

use std::cell::RefCell;

use actix_web::HttpRequest;
use domain::StatusWord as _;
use domain::lines::mobility::{MobilityPriority, MobilityStatus};
use serde_json::{Map, Value};
use web::FromBody;
use web::agent_api::AgentError;
use web::json::Object;

pub(super) use query::{Format, filter, format};

use self::members::Members;
use self::rules::{date_time, flag, location, minutes, object, plain, sequence, text, ticket_id, url, word};
use crate::error::{Error, Problem, Reason};
use crate::model::{
    AssetComponent, Content, Context, Damage, Execution, Link, LinkMethod, Links, SupportType, TicketId, fingerprint,
};

const MAX_SHORT_CHARS: usize = 200;
const MAX_LONG_CHARS: usize = 10_000;
const MAX_URLS: usize = 10;
const MAX_LINKS: usize = 20;
/// Of a link's media type, as TOMP-API limits it.
const MAX_MEDIA_TYPE_CHARS: usize = 75;

impl FromBody for Execution {
    type Error = Error;

    fn from_body(bytes: &[u8], _: &HttpRequest) -> Result<Self, Error> {
        let refuse = |problem| Error::Invalid(vec![problem]);
        let missing = || refuse(Problem::MissingMember("inputs".to_owned()));
        if bytes.is_empty() {
            return Err(missing());
        }
        let body = Object::parse(bytes).map_err(|_| refuse(not_an_object(bytes)))?;
        let inputs = body.get("inputs").ok_or_else(missing)?;
        let unfit = || refuse(Problem::Unfit("inputs".to_owned(), Reason::WrongType));
        read_execution(inputs.as_object().ok_or_else(unfit)?).map_err(Error::Invalid)
    }
}

/// JSON that is no object is not malformed.
fn not_an_object(bytes: &[u8]) -> Problem {
    let is_other = serde_json::from_slice::<Value>(bytes).is_ok_and(|value| !value.is_object());
    Problem::Unfit("body".to_owned(), if is_other { Reason::WrongType } else { Reason::MalformedJson })
}

fn read_execution(inputs: &Map<String, Value>) -> Result<Execution, Vec<Problem>> {
    let problems = RefCell::default();
    let members = Members::of(inputs, "inputs".to_owned(), &problems);
    let id = members.optional("id", ticket_id);
    members.required("type", word(|text| (text == "supportTicket").then_some(())));
    let status = members.optional("status", word(MobilityStatus::parse));
    let content = read_content(&members);
    let mut problems = problems.take();
    // Case 2 of the table: only a ticket that has an id can be in another status.
    if !members.has("id") && status.is_some_and(|status| status != MobilityStatus::Requested) {
        problems.insert(0, Problem::MissingMember("inputs.id".to_owned()));
    }
    match content {
        Some(content) if problems.is_empty() => {
            Ok(Execution { id: id.map(TicketId), status, content, fingerprint: fingerprint(inputs) })
        }
        _ => Err(problems),
    }
}

/// None if a required member does not fit; then there is a problem that says so.
fn read_content(members: &Members<'_>) -> Option<Content> {
    let support_type = members.required("supportType", word(SupportType::parse));
    let context = members.object("context").map(|context| read_context(&context));
    let place = members.required("location", location);
    let timestamp = members.required("timestamp", date_time);
    let priority = members.optional("priority", word(MobilityPriority::parse));
    let contact_information_end_user = members.optional("contactInformationEndUser", text(MAX_SHORT_CHARS));
    let comment = members.optional("comment", text(MAX_LONG_CHARS));
    let urls = members.list("urls", MAX_URLS, |value, field| members.check(field, url(value)));
    let requested_response_time = members.optional("requestedResponseTime", minutes);
    let time_to_resolution = members.optional("timeToResolution", minutes);
    let damage = members.object("damage").and_then(|damage| read_damage(&damage));
    members.optional("sequence", sequence);
    let links = members.object("links").map(|links| read_links(&links));
    Some(Content {
        support_type: support_type?,
        context,
        location: place?,
        timestamp: timestamp?,
        priority,
        contact_information_end_user,
        comment,
        urls,
        requested_response_time,
        time_to_resolution,
        damage,
        links,
    })
}

fn read_context(members: &Members<'_>) -> Context {
    let name = |name| members.optional(name, text(MAX_SHORT_CHARS));
    Context { asset: name("asset"), leg: name("leg"), product: name("product"), package: name("package") }
}

fn read_damage(members: &Members<'_>) -> Option<Damage> {
    let asset_component = members.required("assetComponent", word(AssetComponent::parse));
    // It must be there, and may be empty.
    let description = members.present("description", text(MAX_LONG_CHARS));
    let pictures = members.list("pictures", MAX_URLS, |value, field| members.check(field, url(value)));
    members.nothing_but(&["assetComponent", "description", "pictures"]);
    Some(Damage { asset_component: asset_component?, description: description?, pictures })
}

fn read_links(members: &Members<'_>) -> Links {
    Links { links: members.list("links", MAX_LINKS, |value, field| read_link(&members.item(value, field)?)) }
}

fn read_link(members: &Members<'_>) -> Option<Link> {
    let href = members.required("href", url);
    let rel = members.required("rel", plain);
    let link = Link {
        // Placeholders go nowhere: there is a problem then, and all of the others are still looked for.
        href: href.unwrap_or_default(),
        rel: rel.unwrap_or_default(),
        media_type: members.optional("type", text(MAX_MEDIA_TYPE_CHARS)),
        method: members.optional("method", word(LinkMethod::parse)),
        description: members.optional("description", plain),
        body: members.optional("body", object),
        headers: members.object("headers").map(|headers| headers.texts()),
        mandatory: members.optional("mandatory", flag),
        hash: members.optional("hash", plain),
        expires: members.optional("expires", date_time),
        available_from: members.optional("availableFrom", date_time),
    };
    members.nothing_but(&[
        "href",
        "rel",
        "type",
        "method",
        "description",
        "body",
        "headers",
        "mandatory",
        "hash",
        "expires",
        "availableFrom",
    ]);
    Some(link)
}

/// An agent's word on how long it will take.
#[derive(Debug)]
pub(crate) struct ExpectedResolution {
    pub(crate) minutes: Option<u8>,
}

impl FromBody for ExpectedResolution {
    type Error = AgentError;

    fn from_body(bytes: &[u8], _: &HttpRequest) -> Result<Self, AgentError> {
        let refuse = || AgentError::Invalid("minutes is an integer from 0 to 100, or null".to_owned());
        let body = Object::parse(bytes).map_err(|malformed| AgentError::Invalid(malformed.to_string()))?;
        // Required, null or not: nothing is taken back by a typing error.
        if body.names().ne(["minutes"]) {
            return Err(refuse());
        }
        let minutes = body.get("minutes").map(minutes).transpose().map_err(|_| refuse())?;
        Ok(Self { minutes })
    }
}

/// An answer that came by another way than this line's API, held to the same limit.
pub(super) fn checked_comment(body: String, attachments: &[String]) -> Result<String, AgentError> {
    if !attachments.is_empty() {
        return Err(AgentError::Invalid("a mobility ticket's comment carries no attachments".to_owned()));
    }
    match text(MAX_LONG_CHARS)(&Value::from(body.as_str())) {
        Ok(_) => Ok(body),
        Err(_) => Err(AgentError::Invalid(format!("body has at most {MAX_LONG_CHARS} characters"))),
    }
}
