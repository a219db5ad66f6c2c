//! The members of a ticket that its provider or support set: what is stored, and shown, as it is (contract, section 3).

use std::collections::BTreeMap;

use domain::lines::mobility::MobilityPriority;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use super::{AssetComponent, LinkMethod, SupportType, words_schema};

/// Everything but `id`, `type`, `status` and `sequence`. Absent members are not shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Content {
    /// What the traveller needs support for.
    pub(crate) support_type: SupportType,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) context: Option<Context>,
    /// A place, as `prefix:rest`. It is not interpreted.
    #[schema(max_length = 200, example = "GPS:52.3342433,41.4322234")]
    pub(crate) location: String,
    /// When it was reported, as the provider wrote it.
    #[schema(format = DateTime, example = "2024-01-15T10:30:00Z")]
    pub(crate) timestamp: String,
    /// How bad it is.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "priority_word")]
    #[schema(schema_with = priority_schema)]
    pub(crate) priority: Option<MobilityPriority>,
    /// How to reach the traveller.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub(crate) contact_information_end_user: Option<String>,
    /// What was said last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 10000)]
    pub(crate) comment: Option<String>,
    /// Pictures and documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 10)]
    pub(crate) urls: Option<Vec<String>>,
    /// Minutes within which the provider would like an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 100)]
    pub(crate) requested_response_time: Option<u8>,
    /// Minutes after which it should be solved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 100)]
    pub(crate) time_to_resolution: Option<u8>,
    /// What is damaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) damage: Option<Damage>,
    /// Links of the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) links: Option<Links>,
}

/// What a ticket is about, in the provider's own ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Context {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub(crate) asset: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub(crate) leg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub(crate) product: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub(crate) package: Option<String>,
}

/// Damage of the asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Damage {
    pub(crate) asset_component: AssetComponent,
    #[schema(max_length = 10000)]
    pub(crate) description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 10)]
    pub(crate) pictures: Option<Vec<String>>,
}

/// Links, one level deeper than one would think: so has TOMP-API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Links {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 20)]
    pub(crate) links: Option<Vec<Link>>,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Link {
    pub(crate) href: String,
    pub(crate) rel: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) media_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<LinkMethod>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(crate) body: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) headers: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mandatory: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(crate) expires: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(crate) available_from: Option<String>,
}

/// The words are `domain`'s, and their description is ours.
fn priority_schema() -> Object {
    words_schema(&MobilityPriority::ALL.map(MobilityPriority::text))
}

impl Content {
    /// Takes over the members that are there in `new`, and gives the names of those that changed.
    pub(crate) fn take(&mut self, new: Self) -> Vec<String> {
        let changes = [
            ("supportType", replace(&mut self.support_type, Some(new.support_type))),
            ("context", replace(&mut self.context, new.context.map(Some))),
            ("location", replace(&mut self.location, Some(new.location))),
            ("timestamp", replace(&mut self.timestamp, Some(new.timestamp))),
            ("priority", replace(&mut self.priority, new.priority.map(Some))),
            (
                "contactInformationEndUser",
                replace(&mut self.contact_information_end_user, new.contact_information_end_user.map(Some)),
            ),
            ("comment", replace(&mut self.comment, new.comment.map(Some))),
            ("urls", replace(&mut self.urls, new.urls.map(Some))),
            (
                "requestedResponseTime",
                replace(&mut self.requested_response_time, new.requested_response_time.map(Some)),
            ),
            ("timeToResolution", replace(&mut self.time_to_resolution, new.time_to_resolution.map(Some))),
            ("damage", replace(&mut self.damage, new.damage.map(Some))),
            ("links", replace(&mut self.links, new.links.map(Some))),
        ];
        changes.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name.to_owned()).collect()
    }
}

/// Whether there was something new.
fn replace<T: PartialEq>(place: &mut T, new: Option<T>) -> bool {
    let Some(new) = new.filter(|new| new != place) else { return false };
    *place = new;
    true
}

/// The line's word for priority, in JSON.
mod priority_word {
    use domain::lines::mobility::MobilityPriority;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    #[expect(clippy::ref_option, reason = "the form that serde calls")]
    pub(super) fn serialize<S: Serializer>(word: &Option<MobilityPriority>, to: S) -> Result<S::Ok, S::Error> {
        word.map(MobilityPriority::text).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<MobilityPriority>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        let word = |text: String| MobilityPriority::parse(&text).ok_or_else(|| serde::de::Error::custom("priority"));
        text.map(word).transpose()
    }
}
