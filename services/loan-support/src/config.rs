//! The section `loan`: the categories a ticket may have.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Configuration of the loan line.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoanConfig {
    /// In the order in which clients see them. One that is taken out stays on old tickets.
    pub categories: Vec<Category>,
}

/// A category of tickets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all(serialize = "camelCase"), deny_unknown_fields)]
pub struct Category {
    /// Its id.
    #[serde(alias = "categoryId")]
    pub category_id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
}

impl Default for LoanConfig {
    fn default() -> Self {
        let category = |id: &str, name: &str, description: &str| Category {
            category_id: id.to_owned(),
            name: name.to_owned(),
            description: description.to_owned(),
        };
        Self {
            categories: vec![
                category("category_001", "Payment Issues", "Help with payment problems"),
                category("category_002", "Loan Questions", "Questions about loans"),
            ],
        }
    }
}
