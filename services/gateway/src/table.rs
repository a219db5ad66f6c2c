//! Where a path goes: rows of data, the first that matches wins (contracts, README 2).

use std::collections::BTreeMap;

use crate::config::RouteConfig;
use crate::path;
use crate::policies::{self, Policy, SERVICES};

/// The built-in rows: path, what is stripped from its front, policy.
const ROWS: [(&str, &str, Policy); 17] = [
    ("/tomp/v2*", "/tomp/v2", policies::MOBILITY),
    ("/collections*", "", policies::MOBILITY),
    ("/processes*", "", policies::MOBILITY),
    ("/conformance", "", policies::MOBILITY),
    ("/api/v1/support/*", "", policies::HELPDESK),
    ("/api/v1/conversations*", "", policies::HELPDESK),
    ("/api/v1/users*", "", policies::HELPDESK),
    ("/api/v1/notifications*", "", policies::HELPDESK),
    ("/api/v1/events", "", policies::HELPDESK),
    ("/support/*", "", policies::LOAN),
    ("/api/v1/customers/*", "", policies::MAS),
    ("/api/support_ticket_attachments*", "", policies::ATTACHMENTS),
    ("/files", "", policies::UPLOADS),
    ("/files/*", "", policies::ATTACHMENTS),
    ("/api/support_tickets*", "", policies::TICKETS),
    ("/v1/*", "", policies::DESK),
    ("/console*", "", policies::CONSOLE),
];

/// What every service answers to its operators.
const PROBES: [&str; 3] = ["/livez", "/readyz", "/version"];

/// A row of the configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadRow {
    #[error("gateway.routes: `{0}` is no path: it starts with `/`, and `*` stands at its end only")]
    Path(String),
    #[error("gateway.routes: there is no service `{0}`")]
    Service(String),
    #[error("gateway.routes: `{1}` is not where `{0}` starts")]
    Strip(String, String),
}

/// The route table.
#[derive(Debug)]
pub(crate) struct Table(Vec<Route>);

/// A row, ready to be matched.
#[derive(Debug)]
pub(crate) struct Route {
    /// The pattern as written, for the metrics: a path has ids in it, and there is no end of those.
    pub(crate) label: Box<str>,
    pattern: Pattern,
    stripped: usize,
    pub(crate) policy: Policy,
    /// Where the service is, if the address book knows.
    pub(crate) base: Option<Box<str>>,
}

#[derive(Debug, PartialEq, Eq)]
enum Pattern {
    /// `/a`
    Exactly(Box<str>),
    /// `/a/*`, kept as `/a/`
    Below(Box<str>),
    /// `/a*`: `/a` and everything below it
    AtOrBelow(Box<str>),
}

impl Table {
    /// The rows of the configuration, then the built-in ones.
    pub(crate) fn new(extra: &[RouteConfig], addresses: &BTreeMap<String, String>) -> Result<Self, BadRow> {
        let mut routes = Vec::with_capacity(extra.len() + ROWS.len());
        for row in extra {
            let policy = SERVICES.iter().map(|(policy, _)| policy).find(|policy| policy.service == row.service);
            let policy = policy.ok_or_else(|| BadRow::Service(row.service.clone()))?;
            routes.push(Route::new((&row.path, &row.strip, *policy), addresses)?);
        }
        for row in ROWS {
            routes.push(Route::new(row, addresses)?);
        }
        Ok(Self(routes))
    }

    /// The row of this path. `/internal` has none, whatever the configuration says.
    pub(crate) fn find(&self, path: &str) -> Option<&Route> {
        self.0.iter().find(|route| route.pattern.matches(path)).filter(|_| !path::is_internal(path))
    }
}

impl Route {
    fn new((path, strip, policy): (&str, &str, Policy), addresses: &BTreeMap<String, String>) -> Result<Self, BadRow> {
        let pattern = Pattern::parse(path).ok_or_else(|| BadRow::Path(path.to_owned()))?;
        let rest = pattern.stem().strip_prefix(strip);
        if !rest.is_some_and(|rest| strip.is_empty() || rest.is_empty() || rest.starts_with('/')) {
            return Err(BadRow::Strip(path.to_owned(), strip.to_owned()));
        }
        let base = addresses.get(policy.service).map(|url| url.trim_end_matches('/').into());
        Ok(Self { label: path.into(), pattern, stripped: strip.len(), policy, base })
    }

    /// The path as the service knows it; nothing if that is one of the routes between services.
    pub(crate) fn target<'a>(&self, path: &'a str) -> Option<&'a str> {
        let target = path.get(self.stripped..).filter(|rest| !rest.is_empty()).unwrap_or("/");
        // A service's own probes are beside its contract, and only a stripped prefix could lead to them.
        let is_probe = self.stripped > 0 && PROBES.contains(&target);
        (!path::is_internal(target) && !is_probe).then_some(target)
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let stem = text.trim_end_matches('*');
        let stars = text.len() - stem.len();
        if !text.starts_with('/') || stem.contains('*') || stars > 1 || (stars == 1 && stem == "/") {
            return None;
        }
        Some(match (stars, stem.ends_with('/')) {
            (0, _) => Self::Exactly(stem.into()),
            (_, true) => Self::Below(stem.into()),
            (_, false) => Self::AtOrBelow(stem.into()),
        })
    }

    fn stem(&self) -> &str {
        match self {
            Self::Exactly(stem) | Self::Below(stem) | Self::AtOrBelow(stem) => stem,
        }
    }

    fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exactly(stem) => path == &**stem,
            Self::Below(stem) => path.starts_with(&**stem),
            Self::AtOrBelow(stem) => {
                path.strip_prefix(&**stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
        }
    }
}

#[cfg(test)]
#[path = "table/tests.rs"]
mod tests;
