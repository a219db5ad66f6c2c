//! Query parameters. A documented one given twice is an error everywhere; unknown ones are ignored.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The parameters of a request, decoded.
#[derive(Debug, Clone, Default)]
pub struct Query<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// A documented parameter was given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenTwice(pub &'static str);

impl<'a> Query<'a> {
    /// Decodes a query string: `+` and `%20` are spaces. Bytes that are not UTF-8 become U+FFFD, which no parameter of
    /// ours accepts.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Self { pairs: pairs.collect() }
    }

    /// The names of all parameters, one for each time it was given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|(name, _)| name.as_ref())
    }

    /// The value of a documented parameter.
    pub fn get(&self, name: &'static str) -> Result<Option<&str>, GivenTwice> {
        let mut values = self.pairs.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_ref());
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            (_, Some(_)) => Err(GivenTwice(name)),
        }
    }
}

fn decode(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        return Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned());
    }
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plus_and_percent_twenty_are_the_same() {
        assert_eq!(Query::parse("status=In+Progress").get("status"), Ok(Some("In Progress")));
        assert_eq!(Query::parse("status=In%20Progress").get("status"), Ok(Some("In Progress")));
    }

    #[test]
    fn a_parameter_given_twice_is_an_error_only_if_it_is_asked_for() {
        let query = Query::parse("a=1&b=2&a=3");
        assert_eq!(query.get("a"), Err(GivenTwice("a")));
        assert_eq!(query.get("b"), Ok(Some("2")));
        assert_eq!(query.get("c"), Ok(None));
    }

    #[test]
    fn empty_and_absent_differ() {
        assert_eq!(Query::parse("page=").get("page"), Ok(Some("")));
        assert_eq!(Query::parse("page").get("page"), Ok(Some("")));
    }
}
