//! Where settings come from, merged: files in the order of their names, then the environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use config::{File, FileFormat};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::ConfigError;

/// Every setting of ours in the environment starts with this.
const PREFIX: &str = "CROSSDESK__";
/// What keeps a secret in a file.
const FILE_SUFFIX: &str = "_FILE";

/// The merged settings, section by section.
#[derive(Debug, Clone, Default)]
pub struct Sources(Map<String, Value>);

impl Sources {
    /// Reads `config/*.toml` below the working directory, and the process's environment.
    pub fn of_process() -> Result<Self, ConfigError> {
        let environment = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let ours = environment.filter(|(name, _)| name.starts_with(PREFIX));
        let texts = ours.map(|(name, value)| match value.into_string() {
            Ok(value) => Ok((name, value)),
            Err(_) => Err(ConfigError::Unreadable(format!("{name} is not UTF-8"))),
        });
        Self::read(Path::new("config"), texts.collect::<Result<_, _>>()?)
    }

    /// Reads the `.toml` files of a folder, if it exists, and these settings in the form of environment variables.
    pub fn read(folder: &Path, environment: BTreeMap<String, String>) -> Result<Self, ConfigError> {
        let mut builder = config::Config::builder();
        for path in toml_files(folder) {
            builder = builder.add_source(File::from(path).format(FileFormat::Toml));
        }
        let unreadable = |error: config::ConfigError| ConfigError::Unreadable(error.to_string());
        let files = builder.build().map_err(unreadable)?;
        let mut sources = Self(files.try_deserialize::<Map<String, Value>>().map_err(unreadable)?);
        for (name, value) in environment {
            sources.set(&name, value)?;
        }
        Ok(sources)
    }

    /// The names of the sections that have settings.
    pub(super) fn sections(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// A section, or its default.
    pub(super) fn section<T: DeserializeOwned + Default>(&self, name: &str) -> Result<T, ConfigError> {
        let Some(value) = self.0.get(name) else { return Ok(T::default()) };
        serde_path_to_error::deserialize(value.clone()).map_err(|error| ConfigError::Wrong {
            section: name.to_owned(),
            key: error.path().to_string(),
            reason: error.inner().to_string(),
        })
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), ConfigError> {
        let (path, value) = match name.strip_suffix(FILE_SUFFIX) {
            Some(path) => (path, interpret_secret(read_secret(name, &value)?)),
            None => (name, interpret(value)),
        };
        let lower = path.trim_start_matches(PREFIX).to_ascii_lowercase();
        let mut keys = lower.split("__").peekable();
        let mut place = &mut self.0;
        while let Some(key) = keys.next() {
            if keys.peek().is_none() {
                place.insert(key.to_owned(), value);
                return Ok(());
            }
            let entry = place.entry(key.to_owned()).or_insert_with(|| Value::Object(Map::new()));
            place = entry
                .as_object_mut()
                .ok_or_else(|| ConfigError::Unreadable(format!("{name}: `{key}` has no keys below it")))?;
        }
        Ok(())
    }
}

/// No setting of ours has more digits; a longer one is a secret that happens to have no letters.
const LONGEST_NUMBER: usize = 20;

/// Numbers, booleans, lists and tables are written as JSON; everything else is text.
fn interpret(text: String) -> Value {
    match serde_json::from_str::<Value>(&text) {
        Ok(value @ (Value::Bool(_) | Value::Array(_) | Value::Object(_))) => value,
        Ok(value @ Value::Number(_)) if text.len() <= LONGEST_NUMBER => value,
        _ => Value::String(text),
    }
}

/// A file may hold a list or a table; a secret that happens to be a number stays text.
fn interpret_secret(text: String) -> Value {
    match serde_json::from_str::<Value>(&text) {
        Ok(value @ (Value::Array(_) | Value::Object(_))) => value,
        _ => Value::String(text),
    }
}

fn read_secret(name: &str, path: &str) -> Result<String, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError::Unreadable(format!("{name}: {path} cannot be read: {error}")))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

fn toml_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|ext| ext == "toml")).collect();
    files.sort();
    files
}
