//! The line's own words beside the status: case-sensitive, as the document lists them.

/// Defines words with their texts.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $($(#[$word_doc])* $word,)+ }

        impl $name {
            /// Every word.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$word,)+];

            /// The word of this text, if there is one.
            pub(crate) fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.text() == text)
            }

            /// The word's text.
            pub(crate) fn text(self) -> &'static str {
                match self { $(Self::$word => $text,)+ }
            }
        }
    };
}

words! {
    /// As whom somebody writes.
    RoleContext {
        /// Leads tours.
        Guide = "GUIDE",
        /// Goes on tours.
        Tourist = "TOURIST",
        /// Neither, or it was not said.
        Guest = "GUEST",
    }
}

words! {
    /// What a ticket is about.
    Category {
        /// Bookings and journeys.
        Bookings = "RESERVAS_VIAJES",
        /// Payments and invoices.
        Payments = "PAGOS_FACTURACION",
        /// Account and security.
        Account = "CUENTA_SEGURIDAD",
        /// Verification of guides.
        Guides = "VERIFICACION_GUIAS",
        /// Something else.
        Other = "OTRO",
        /// Not said.
        General = "GENERAL",
    }
}
