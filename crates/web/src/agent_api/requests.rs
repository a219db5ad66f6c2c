//! What agents send.

use actix_web::HttpRequest;
use domain::{Priority, Status, Subject};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::AgentError;
use crate::FromBody;
use crate::json::Object;

/// Most characters in a message, whatever the line: the line's own limit applies too.
const MAX_MESSAGE_CHARS: usize = 10_000;

/// A public message.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// The text, 1 to 10 000 characters.
    pub body: String,
    /// Ids of uploaded files.
    #[serde(default)]
    pub attachments: Vec<String>,
}

/// Another status.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStatus {
    /// The canonical status.
    #[schema(value_type = String, example = "resolved")]
    pub status: Status,
}

/// Another priority.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPriority {
    /// The canonical priority.
    #[schema(value_type = String, example = "high")]
    pub priority: Priority,
}

/// Another assignee.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAssignee {
    /// The agent's subject; null for nobody. Required, so that nobody is unassigned by a typing error.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(value_type = Option<String>, example = "agent_123")]
    pub assignee: Option<Subject>,
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, AgentError> {
    // The shared limits on depth and on U+0000 first; then the members.
    Object::parse(bytes).map_err(|malformed| AgentError::Invalid(malformed.to_string()))?;
    serde_json::from_slice(bytes).map_err(|error| AgentError::Invalid(error.to_string()))
}

impl FromBody for NewMessage {
    type Error = AgentError;

    fn from_body(bytes: &[u8], _: &HttpRequest) -> Result<Self, AgentError> {
        let message: Self = read(bytes)?;
        if message.body.trim().is_empty() || message.body.chars().count() > MAX_MESSAGE_CHARS {
            return Err(AgentError::Invalid(format!("body has 1 to {MAX_MESSAGE_CHARS} characters, not only space")));
        }
        Ok(message)
    }
}

impl FromBody for NewStatus {
    type Error = AgentError;

    fn from_body(bytes: &[u8], _: &HttpRequest) -> Result<Self, AgentError> {
        read(bytes)
    }
}

impl FromBody for NewPriority {
    type Error = AgentError;

    fn from_body(bytes: &[u8], _: &HttpRequest) -> Result<Self, AgentError> {
        read(bytes)
    }
}

impl FromBody for NewAssignee {
    type Error = AgentError;

    fn from_body(bytes: &[u8], _: &HttpRequest) -> Result<Self, AgentError> {
        read(bytes)
    }
}
