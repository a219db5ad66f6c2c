//! What Crossdesk promises about its cost, and whether it holds.

use std::fmt::{self, Display, Formatter};

/// On which side of the bound a value must stay.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bound {
    /// Not below.
    AtLeast(f64),
    /// Not above.
    AtMost(f64),
}

/// A measured value and its bound.
#[derive(Debug)]
pub(crate) struct Expectation {
    what: &'static str,
    value: f64,
    bound: Bound,
    unit: &'static str,
}

impl Expectation {
    /// `unit` follows the numbers and may be empty.
    pub(crate) fn new(what: &'static str, value: f64, bound: Bound, unit: &'static str) -> Self {
        Self { what, value, bound, unit }
    }

    /// Whether it holds; a value that is no number never does.
    pub(crate) fn is_met(&self) -> bool {
        match self.bound {
            Bound::AtLeast(least) => self.value >= least,
            Bound::AtMost(most) => self.value <= most,
        }
    }
}

impl Display for Expectation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { what, value, unit, .. } = self;
        let (sign, bound) = match self.bound {
            Bound::AtLeast(least) => (">=", least),
            Bound::AtMost(most) => ("<=", most),
        };
        let verdict = if self.is_met() { "ok" } else { "missed" };
        write!(f, "{what} {value:.2}{unit} (expected {sign} {bound:.2}{unit}) {verdict}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_expected_and_whether_it_holds() {
        let line = |value, bound, unit| Expectation::new("x", value, bound, unit).to_string();
        assert_eq!(line(0.72, Bound::AtLeast(0.6), ""), "x 0.72 (expected >= 0.60) ok");
        assert_eq!(line(0.5, Bound::AtLeast(0.6), ""), "x 0.50 (expected >= 0.60) missed");
        assert_eq!(line(80.0, Bound::AtMost(80.0), " MB"), "x 80.00 MB (expected <= 80.00 MB) ok");
        assert_eq!(line(80.1, Bound::AtMost(80.0), " MB"), "x 80.10 MB (expected <= 80.00 MB) missed");
    }

    #[test]
    fn what_could_not_be_measured_is_missed() {
        assert!(!Expectation::new("x", f64::NAN, Bound::AtMost(1.0), "").is_met());
        assert!(!Expectation::new("x", f64::NAN, Bound::AtLeast(1.0), "").is_met());
    }
}
