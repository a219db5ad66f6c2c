//! Finds the examples of a Markdown document: a block of shell with `curl` in it, the head of the answer if it is written
//! out, and its JSON.

/// A command and the answer it gets.
#[derive(Debug, Default)]
pub(crate) struct Example {
    pub(crate) command: String,
    /// Status line and headers, or nothing.
    pub(crate) head: String,
    pub(crate) body: Option<String>,
}

/// The examples of a document, in order. Commands that do more than call the API are for people.
pub(crate) fn examples(text: &str) -> Vec<Example> {
    let mut found: Vec<Example> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
        let block = block.join("\n");
        match language.trim() {
            "sh" if block.contains("curl ") && !block.contains("token --sub") => {
                found.push(Example { command: block, ..Example::default() });
            }
            "sh" => found.push(Example::default()),
            "" | "http" if block.starts_with("HTTP/") => {
                let Some(example) = found.last_mut() else { continue };
                let (head, body) = block.split_once("\n\n").unwrap_or((&block, ""));
                example.head = head.to_owned();
                if body.starts_with(['{', '[']) {
                    example.body = Some(body.to_owned());
                }
            }
            "json" => {
                let Some(example) = found.last_mut() else { continue };
                example.body.get_or_insert(block);
            }
            _ => {}
        }
    }
    found.retain(|example| !example.command.is_empty());
    found
}
