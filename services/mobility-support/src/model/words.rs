//! Closed sets of words in a ticket. Status and priority are in `domain`: the desk knows them too.

use domain::Priority;
use domain::lines::mobility::priority_of_support_type;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

/// The text is none of the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown value")]
pub(crate) struct UnknownWord;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($word:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "&'static str")]
        pub(crate) enum $name { $($word,)+ }

        impl $name {
            /// Every word, in the order of the document.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$word,)+];

            /// The word's text.
            pub(crate) fn text(self) -> &'static str {
                match self { $(Self::$word => $text,)+ }
            }

            /// The word of this text, if there is one. Case matters.
            pub(crate) fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.text() == text)
            }
        }

        impl From<$name> for &'static str {
            fn from(word: $name) -> Self {
                word.text()
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                words_schema(&[$($text,)+]).into()
            }
        }

        impl utoipa::ToSchema for $name {}

        impl TryFrom<String> for $name {
            type Error = UnknownWord;

            fn try_from(text: String) -> Result<Self, UnknownWord> {
                Self::parse(&text).ok_or(UnknownWord)
            }
        }
    };
}

words! {
    /// What a traveller needs support for.
    SupportType {
        BrokenDown = "BROKEN_DOWN",
        NotAtLocation = "NOT_AT_LOCATION",
        MissingAfterPause = "MISSING_AFTER_PAUSE",
        NotClean = "NOT_CLEAN",
        NotAvailable = "NOT_AVAILABLE",
        UnableToOpen = "UNABLE_TO_OPEN",
        UnableToClose = "UNABLE_TO_CLOSE",
        Accident = "ACCIDENT",
        Other = "OTHER",
        ReportDamage = "REPORT_DAMAGE",
        RequestAssistance = "REQUEST_ASSISTANCE",
        Evidence = "EVIDENCE",
    }
}

words! {
    /// The damaged part of an asset.
    AssetComponent {
        Front = "FRONT",
        Rear = "REAR",
        Left = "LEFT",
        Right = "RIGHT",
        Top = "TOP",
        Bottom = "BOTTOM",
        Interior = "INTERIOR",
        Tire = "TIRE",
        Ancillary = "ANCILLARY",
        Other = "OTHER",
    }
}

words! {
    /// How a link is followed.
    LinkMethod {
        Post = "POST",
        Get = "GET",
        Delete = "DELETE",
        Patch = "PATCH",
    }
}

/// A text out of these.
pub(crate) fn words_schema(words: &[&str]) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words.iter().copied())).build()
}

impl SupportType {
    /// The priority of a ticket without one (canonical mapping, section 5).
    pub(crate) fn priority(self) -> Priority {
        priority_of_support_type(self.text())
    }

    /// The word as people read it: `Broken down`.
    pub(crate) fn readable(self) -> String {
        let words = self.text().replace('_', " ");
        let (first, rest) = words.split_at(1);
        format!("{first}{}", rest.to_lowercase())
    }
}
