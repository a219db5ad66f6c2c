//! What must be true of a database before a service uses it: the schema is that of the release, and what was answered is
//! not lost in a crash.

use storage::{migrate, server};

use crate::host::migrations;
use crate::{Context, Profile, Service};

/// Looks at the server, and makes schema changes or wants them made. An error keeps the service from starting.
pub(crate) async fn prepare<S: Service>(context: &Context, url: &str) -> anyhow::Result<()> {
    if context.config.profile == Profile::Production {
        let settings = server::settings(url).await?;
        if let Some(why) = settings.loses_writes() {
            anyhow::bail!("{why}; the profile `production` does not start with that");
        }
        for warning in settings.warnings() {
            tracing::warn!(service = S::NAME, "the database server: {warning}");
        }
    }
    if context.migrate {
        let applied = migrate::run(url, migrations::<S>()).await?;
        if applied > 0 {
            tracing::info!(applied, "the database schema is up to date");
        }
    } else if migrate::is_pending(url, migrations::<S>()).await? {
        anyhow::bail!("it lacks schema changes of this release: run the `migrate` command first");
    }
    Ok(())
}
