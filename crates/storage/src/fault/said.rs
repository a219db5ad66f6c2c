//! What PostgreSQL said, told apart by its words.
//!
//! Diesel keeps the SQLSTATE of the kinds it knows (broken constraints, serialization) and drops it for all others, so
//! the text is all that is left of them. The texts are the server's English ones, which `lc_messages` can change: see
//! [`crate::server`], which warns of that at start. What is not recognised is not taken for permanent.

/// The driver reports a lost connection, and PostgreSQL its own end, as errors of unknown kind.
const CONNECTION: &[&str] =
    &["connection closed", "error communicating with the server", "terminating connection", "the database system is"];

/// The server gave the statement up although nothing is wrong with it: SQLSTATE 42501 and classes 40, 53, 55, 57 and 58.
const SERVER: &[&str] = &[
    "canceling statement due to",
    "deadlock detected",
    "could not obtain lock on",
    // Space, memory, connections.
    "out of memory",
    "out of shared memory",
    "sorry, too many clients",
    "remaining connection slots",
    "too many connections",
    "temporary file size exceeds",
    "database is not accepting commands",
    // Rights: somebody forgot to grant them, and will.
    "permission denied for",
    // Files.
    "could not extend",
    "could not write",
    "could not fsync",
    "could not flush",
    "could not open file",
    "could not open directory",
    "could not create file",
    "could not create directory",
    "could not read",
    "could not seek",
    "could not stat",
    "could not truncate",
    "could not access",
    "could not resize shared memory",
];

/// What the system said to PostgreSQL, at the end of the texts of classes 53 and 58.
const SYSTEM: &[&str] = &[
    "No space left on device",
    "Disk quota exceeded",
    "Cannot allocate memory",
    "Too many open files",
    "Input/output error",
    "Read-only file system",
];

/// Values that their column cannot hold: SQLSTATE class 22.
const DATA: &[&str] = &[
    "value too long for type",
    "invalid input syntax for",
    "invalid input value for enum",
    "invalid byte sequence for encoding",
    "unsupported Unicode escape sequence",
    "division by zero",
    "date/time field value out of range",
    "numeric field overflow",
];

/// Whether the connection is gone.
pub(super) fn is_about_the_connection(message: &str) -> bool {
    begins_with_one_of(message, CONNECTION)
}

/// Whether the server has a trouble that passes or is mended: the statement can succeed later.
pub(super) fn is_about_the_server(message: &str) -> bool {
    begins_with_one_of(message, SERVER) || SYSTEM.iter().any(|end| message.ends_with(end))
}

/// Whether a value is at fault, which it will be for ever.
pub(super) fn is_about_data(message: &str) -> bool {
    begins_with_one_of(message, DATA) || message.ends_with("out of range") || is_out_of_the_range_of_a_type(message)
}

/// "value "99999999999" is out of range for type integer".
fn is_out_of_the_range_of_a_type(message: &str) -> bool {
    message.starts_with("value ") && message.contains(" is out of range for type ")
}

fn begins_with_one_of(message: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| message.starts_with(start))
}
