//! How the server is set up, which a service looks at once, when it starts.

use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;

use crate::DbError;
use crate::pool::connect;

/// The settings that decide whether what we promise holds.
#[derive(Debug, Clone, QueryableByName)]
pub struct Settings {
    #[diesel(sql_type = Text)]
    fsync: String,
    #[diesel(sql_type = Text)]
    full_page_writes: String,
    #[diesel(sql_type = Text)]
    synchronous_commit: String,
    #[diesel(sql_type = Text)]
    lc_messages: String,
}

/// The settings of the server at `url`, as its user and its database see them.
pub async fn settings(url: &str) -> Result<Settings, DbError> {
    let mut conn = connect(url).await?;
    let asked = crate::sql(
        "SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes, \
         current_setting('synchronous_commit') AS synchronous_commit, current_setting('lc_messages') AS lc_messages",
    );
    Ok(asked.get_result(&mut conn).await?)
}

impl Settings {
    /// Why a write that was answered can be lost in a crash, if it can.
    #[must_use]
    pub fn loses_writes(&self) -> Option<&'static str> {
        if self.fsync == "off" {
            return Some("`fsync` is off: a crash of the machine destroys the database");
        }
        if self.synchronous_commit == "off" {
            return Some("`synchronous_commit` is off: a crash loses writes that were answered");
        }
        None
    }

    /// What an operator should know, although the server can be used.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.full_page_writes == "off" {
            warnings.push(
                "`full_page_writes` is off: that is safe only on a file system that writes pages as a whole".to_owned(),
            );
        }
        if !self.speaks_english() {
            warnings.push(format!(
                "`lc_messages` is `{}`: errors of the server are told apart by their English texts, so on a full disk \
                 requests are answered 500 instead of 503 and events are parked; set it to C",
                self.lc_messages
            ));
        }
        warnings
    }

    fn speaks_english(&self) -> bool {
        let name = self.lc_messages.to_lowercase();
        name.starts_with("en") || ["c", "posix"].contains(&name.split('.').next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn safe() -> Settings {
        let on = || "on".to_owned();
        Settings { fsync: on(), full_page_writes: on(), synchronous_commit: on(), lc_messages: "C".to_owned() }
    }

    #[test]
    fn what_loses_writes_is_named() {
        assert_eq!(safe().loses_writes(), None);
        assert_eq!(Settings { synchronous_commit: "remote_apply".to_owned(), ..safe() }.loses_writes(), None);
        let off = || "off".to_owned();
        assert!(Settings { fsync: off(), ..safe() }.loses_writes().unwrap().contains("fsync"));
        let late = Settings { synchronous_commit: off(), ..safe() };
        assert!(late.loses_writes().unwrap().contains("synchronous_commit"));
    }

    #[test]
    fn other_languages_and_torn_pages_are_warned_of() {
        for english in ["C", "POSIX", "C.UTF-8", "en_US.UTF-8", "en_GB"] {
            assert!(Settings { lc_messages: english.to_owned(), ..safe() }.warnings().is_empty(), "{english}");
        }
        for other in ["", "de_DE.UTF-8", "ru_RU", "cs_CZ.utf8"] {
            let warnings = Settings { lc_messages: other.to_owned(), ..safe() }.warnings();
            assert!(warnings.len() == 1 && warnings[0].contains(other), "{warnings:?}");
        }
        assert_eq!(Settings { full_page_writes: "off".to_owned(), ..safe() }.warnings().len(), 1);
    }
}
