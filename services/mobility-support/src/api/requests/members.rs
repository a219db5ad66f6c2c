//! Reads the members of an object one by one, and notes what is wrong with them instead of stopping at the first.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::rules::plain;
use crate::error::{Problem, Reason};

/// An object of the request, and where in it.
pub(super) struct Members<'a> {
    members: &'a Map<String, Value>,
    path: String,
    problems: &'a RefCell<Vec<Problem>>,
}

impl<'a> Members<'a> {
    pub(super) fn of(members: &'a Map<String, Value>, path: String, problems: &'a RefCell<Vec<Problem>>) -> Self {
        Self { members, path, problems }
    }

    /// Whether a member is there and not null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A member that may be absent.
    pub(super) fn optional<T>(&self, name: &str, rule: impl Fn(&Value) -> Result<T, Reason>) -> Option<T> {
        self.get(name).and_then(|value| self.check(self.field(name), rule(value)))
    }

    /// A member that must be there, empty or not.
    pub(super) fn present<T>(&self, name: &str, rule: impl Fn(&Value) -> Result<T, Reason>) -> Option<T> {
        if self.has(name) {
            return self.optional(name, rule);
        }
        self.note(Problem::MissingMember(self.field(name)))
    }

    /// A member that must be there and say something.
    pub(super) fn required<T>(&self, name: &str, rule: impl Fn(&Value) -> Result<T, Reason>) -> Option<T> {
        if self.get(name).is_some_and(|value| value.as_str() == Some("")) {
            return self.note(Problem::MissingMember(self.field(name)));
        }
        self.present(name, rule)
    }

    /// An object that may be absent.
    pub(super) fn object(&self, name: &str) -> Option<Members<'a>> {
        self.get(name).and_then(|value| self.item(value, self.field(name)))
    }

    /// An item of a list that must be an object.
    pub(super) fn item(&self, value: &'a Value, field: String) -> Option<Members<'a>> {
        match value.as_object() {
            Some(members) => Some(Members::of(members, field, self.problems)),
            None => self.note(Problem::Unfit(field, Reason::WrongType)),
        }
    }

    /// A list that may be absent; `read` gets each item and its place.
    pub(super) fn list<T>(
        &self,
        name: &str,
        max: usize,
        read: impl Fn(&'a Value, String) -> Option<T>,
    ) -> Option<Vec<T>> {
        let field = self.field(name);
        let Some(items) = self.get(name)?.as_array() else {
            return self.note(Problem::Unfit(field, Reason::WrongType));
        };
        if items.len() > max {
            return self.note(Problem::Unfit(field, Reason::TooManyItems));
        }
        let read = |(index, item)| read(item, format!("{field}[{index}]"));
        Some(items.iter().enumerate().filter_map(read).collect())
    }

    /// The members of a table of texts. A null is no text, and no entry either.
    pub(super) fn texts(&self) -> BTreeMap<String, String> {
        let entry = |name: &String| Some((name.clone(), self.optional(name, plain)?));
        self.members.keys().filter_map(entry).collect()
    }

    /// Notes members that are not among these.
    pub(super) fn nothing_but(&self, names: &[&str]) {
        for (name, value) in self.members {
            if !value.is_null() && !names.contains(&name.as_str()) {
                self.note::<()>(Problem::Unfit(self.field(name), Reason::UnknownMember));
            }
        }
    }

    /// The value, or a note on why there is none.
    pub(super) fn check<T>(&self, field: String, result: Result<T, Reason>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(reason) => self.note(Problem::Unfit(field, reason)),
        }
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn field(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    fn note<T>(&self, problem: Problem) -> Option<T> {
        self.problems.borrow_mut().push(problem);
        None
    }
}
