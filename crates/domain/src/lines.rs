//! The words of each line for status and priority (canonical mapping, sections 1 and 5).

pub mod helpdesk;
pub mod loan;
pub mod mas;
pub mod mobility;
pub mod tours;

/// Defines a line's status words: name, text, `canon`, and the statuses it fits.
macro_rules! status_words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal => $canon:ident [$($fit:ident),+],)+ }
     word { $($status:ident => $shown:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$word_doc])* $word,)+ }

        impl crate::StatusWord for $name {
            const ALL: &'static [Self] = &[$(Self::$word,)+];

            fn canon(self) -> crate::Status {
                match self { $(Self::$word => crate::Status::$canon,)+ }
            }

            fn fits(self, status: crate::Status) -> bool {
                match self { $(Self::$word => matches!(status, $(crate::Status::$fit)|+),)+ }
            }

            fn word(status: crate::Status) -> Self {
                match status { $(crate::Status::$status => Self::$shown,)+ }
            }

            fn text(self) -> Option<&'static str> {
                Some(match self { $(Self::$word => $text,)+ })
            }
        }
    };
}
use status_words;
