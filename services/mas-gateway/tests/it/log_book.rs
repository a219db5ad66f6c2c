//! Everything that this process logs, kept as text: a test can look for what must be there, or must not.

use std::fmt::{Debug, Write as _};
use std::sync::{Mutex, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
static INSTALLED: Once = Once::new();

/// The log of this process. Tests run side by side, so look only for words of your own.
pub(crate) struct LogBook;

/// Starts keeping the log, if nobody did yet.
pub(crate) fn open() -> LogBook {
    INSTALLED.call_once(|| tracing::subscriber::set_global_default(LogBook).unwrap());
    LogBook
}

impl LogBook {
    /// Whether a line has this text.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.has_line(&[text])
    }

    /// Whether one line has all of these texts.
    pub(crate) fn has_line(&self, texts: &[&str]) -> bool {
        let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().any(|line| texts.iter().all(|text| line.contains(text)))
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{field}={value:?} ");
    }
}

fn keep(line: Line) {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
}

impl Subscriber for LogBook {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::DEBUG
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut line = Line(String::new());
        attributes.record(&mut line);
        keep(line);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut line = Line(String::new());
        values.record(&mut line);
        keep(line);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        keep(line);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
