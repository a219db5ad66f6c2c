//! The checked-in description of a service is what its code says.

use std::collections::BTreeSet;
use std::path::Path;

use chassis::Service;
use serde_json::Value;
use web::{Access, Operation, Routes};

/// Paths that are not part of a service's own API: they are the same on all.
const SHARED_PREFIX: &str = "/internal/";

/// Compares `openapi.json` in `package` (give `env!("CARGO_MANIFEST_DIR")`) with the code, and the document with the
/// routes. With `UPDATE_OPENAPI=1` the file is written instead.
///
/// # Panics
/// If they differ.
pub fn assert_openapi<S: Service>(package: &str) {
    let document = serde_json::to_value(S::openapi()).expect("the document is JSON");
    let described: BTreeSet<Operation> = operations(&document).map(|(operation, _)| operation).collect();
    let routes: BTreeSet<Operation> = S::routes(Routes::new(Access::Token)).operations().into_iter().collect();
    let own: BTreeSet<Operation> = routes.into_iter().filter(|route| !route.path.starts_with(SHARED_PREFIX)).collect();
    assert_eq!(described, own, "the document describes every route, and nothing else");

    let path = Path::new(package).join("openapi.json");
    let text = format!("{}\n", serde_json::to_string_pretty(&document).expect("the document is JSON"));
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, text).expect("openapi.json is written");
        return;
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(checked_in == text, "{} is not what the code says: run `make openapi`", path.display());
}

/// Every operation of a document, with its description.
pub(crate) fn operations(document: &Value) -> impl Iterator<Item = (Operation, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods
            .filter(|(_, operation)| operation.get("responses").is_some())
            .map(|(method, operation)| (Operation { path: path.clone(), method: method.clone() }, operation))
    })
}
