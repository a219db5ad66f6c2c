//! What clients see: exactly the documented members (contract, sections 3 and 5).

use domain::StatusWord as _;
use domain::lines::mobility::MobilityStatus;
use serde::Serialize;
use url::form_urlencoded::Serializer;
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use crate::db::{Filter, Listed};
use crate::model::{Content, Ticket, words_schema};

/// Where the line is, seen from the origin. Links have it, also in answers to requests that went without.
pub(crate) const BASE: &str = "/tomp/v2";
/// The one collection.
pub(crate) const TICKETS: &str = "support-tickets";
/// The media type of the list.
pub(super) const GEO_JSON: &str = "application/geo+json";

/// A support ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SupportTicket<'a> {
    /// The provider's id of it.
    #[schema(max_length = 200)]
    id: &'a str,
    /// Always `supportTicket`.
    #[serde(rename = "type")]
    #[schema(example = "supportTicket")]
    kind: &'static str,
    /// How far it is.
    #[schema(schema_with = status_schema)]
    status: &'a str,
    /// What the provider or support set.
    #[serde(flatten)]
    content: &'a Content,
    /// Changes so far, at most 10.
    #[schema(minimum = 0, maximum = 10)]
    sequence: i16,
}

/// The words are `domain`'s, and their description is ours.
pub(super) fn status_schema() -> Object {
    let words: Vec<&str> = MobilityStatus::ALL.iter().filter_map(|word| word.text()).collect();
    words_schema(&words)
}

impl<'a> From<&'a Ticket> for SupportTicket<'a> {
    fn from(ticket: &'a Ticket) -> Self {
        let row = ticket.row();
        let status = row.shown.word().text().unwrap_or_default();
        Self { id: &row.id.0, kind: "supportTicket", status, content: &row.content, sequence: row.sequence }
    }
}

impl<'a> From<&'a Listed> for SupportTicket<'a> {
    fn from(listed: &'a Listed) -> Self {
        Self {
            id: &listed.id.0,
            kind: "supportTicket",
            status: &listed.status,
            content: &listed.content,
            sequence: listed.sequence,
        }
    }
}

/// A page of tickets, as a map would show them if we knew where they were.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FeatureCollection<'a> {
    #[serde(rename = "type")]
    #[schema(example = "FeatureCollection")]
    kind: &'static str,
    features: Vec<Feature<'a>>,
    links: Vec<PageLink>,
    /// How many match, on all pages.
    number_matched: i64,
    /// How many are on this page.
    number_returned: usize,
}

/// A ticket on a map.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Feature<'a> {
    #[serde(rename = "type")]
    #[schema(example = "Feature")]
    kind: &'static str,
    id: &'a str,
    /// Always null: a location is not interpreted.
    #[schema(value_type = Option<Object>)]
    geometry: Option<()>,
    properties: SupportTicket<'a>,
}

/// A link of a page.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PageLink {
    rel: &'static str,
    href: String,
    #[serde(rename = "type")]
    #[schema(example = "application/geo+json")]
    kind: &'static str,
}

impl<'a> FeatureCollection<'a> {
    pub(super) fn of(page: &'a [Listed], matched: i64, filter: &Filter, origin: &str) -> Self {
        let feature = |listed: &'a Listed| Feature {
            kind: "Feature",
            id: &listed.id.0,
            geometry: None,
            properties: SupportTicket::from(listed),
        };
        Self {
            kind: "FeatureCollection",
            features: page.iter().map(feature).collect(),
            links: page_links(filter, matched, origin),
            number_matched: matched,
            number_returned: page.len(),
        }
    }
}

fn page_links(filter: &Filter, matched: i64, origin: &str) -> Vec<PageLink> {
    let link = |rel, offset| PageLink { rel, href: page_url(origin, filter, offset), kind: GEO_JSON };
    let (offset, limit) = (filter.offset(), filter.limit());
    let mut links = vec![link("self", filter.offset)];
    if offset + limit < matched {
        links.push(link("next", Some(offset + limit)));
    }
    if offset > 0 {
        links.push(link("previous", Some((offset - limit).max(0))));
    }
    links
}

/// Parameters that the caller did not give are not in the link either.
fn page_url(origin: &str, filter: &Filter, offset: Option<i64>) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("packageId", &filter.package).append_pair("legId", &filter.leg);
    if let Some(word) = filter.status.and_then(|status| status.text()) {
        query.append_pair("supportTicketStatus", word);
    }
    for (name, number) in [("limit", filter.limit), ("offset", offset)] {
        if let Some(number) = number {
            query.append_pair(name, &number.to_string());
        }
    }
    format!("{origin}{BASE}/collections/{TICKETS}/items?{}", query.finish())
}

/// Where the tickets of a leg are listed.
pub(crate) fn items_url(origin: &str, package: &str, leg: &str) -> String {
    let filter = Filter { package: package.to_owned(), leg: leg.to_owned(), status: None, limit: None, offset: None };
    page_url(origin, &filter, None)
}
