//! Standard output. Whoever reads it may stop at the first lines (`| head`), which is no failure of ours; `println!` would
//! panic. What cannot be written for another reason, such as a full disk, makes the command fail.

use std::fmt;
use std::io::{self, ErrorKind, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

static IS_LOST: AtomicBool = AtomicBool::new(false);

/// Prints a line.
macro_rules! say {
    ($($part:tt)*) => { $crate::say::line(format_args!($($part)*)) };
}
pub(crate) use say;

pub(crate) fn line(text: fmt::Arguments<'_>) {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => IS_LOST.store(true, Ordering::Relaxed),
        Ok(()) | Err(_) => {}
    }
}

/// Whether everything was written that somebody wants to read.
pub(crate) fn is_all_said() -> bool {
    !IS_LOST.load(Ordering::Relaxed)
}
