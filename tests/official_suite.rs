//! AWS's own test suite, in the copy that the published crate `aws-sigv4` carries.
//!
//! That copy has two folders more, of another shape: they have no `context.json`, and [`own_cases`] lists them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sigv4_core::Credentials;
use sigv4_core::clock::AmzDate;
use sigv4_core::request::RequestView;

/// One case: a request, how to sign it, and what comes of it.
pub struct Case {
    /// The name of its folder.
    pub name: String,
    folder: PathBuf,
    context: Value,
    /// The request.
    pub request: Message,
    /// The body of the request.
    pub body: Vec<u8>,
    /// Who signs.
    pub credentials: Credentials,
    /// When.
    pub date: AmzDate,
}

/// A request as the suite writes it.
#[derive(Debug, PartialEq)]
pub struct Message {
    /// The method.
    pub method: String,
    /// The path, as sent.
    pub path: String,
    /// The query string, without `?`.
    pub query: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    body: String,
}

/// All cases of an algorithm, `v4` or `v4a`, by name.
pub fn cases(algorithm: &str) -> Vec<Case> {
    folders(algorithm, true).into_iter().map(Case::read).collect()
}

/// The cases that `aws-sigv4` added to the suite, which tell no more than a request and its canonical form: both, by
/// the name of the folder.
pub fn own_cases() -> Vec<(String, Message, String)> {
    let case = |folder: PathBuf| {
        (
            name(&folder),
            Message::parse(&read(&folder, "request.txt")),
            read(&folder, "header-canonical-request.txt"),
        )
    };
    folders("v4", false).into_iter().map(case).collect()
}

fn folders(algorithm: &str, with_context: bool) -> Vec<PathBuf> {
    let folder = crate::packages::folder("aws-sigv4").join("aws-signing-test-suite").join(algorithm);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|folder| folder.join("context.json").exists() == with_context)
        .collect();
    folders.sort();
    folders
}

fn name(folder: &Path) -> String {
    folder.file_name().expect("a folder has a name").to_string_lossy().into_owned()
}

impl Message {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let line = lines.next().and_then(|line| line.strip_suffix(" HTTP/1.1")).expect("a request line");
        let (method, target) = line.split_once(' ').expect("a method and a target");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in lines {
            match (line.split_once(':'), headers.last_mut()) {
                // A value that goes on in the next line, which is what that white space stands for.
                (_, Some((_, value))) if line.starts_with(' ') => *value = format!("{value} {line}"),
                (Some((name, value)), _) => headers.push((name.to_ascii_lowercase(), value.to_owned())),
                _ => panic!("no header: {line:?}"),
            }
        }
        let [method, path, query, body] = [method, path, query, body].map(str::to_owned);
        Self { method, path, query, headers, body }
    }

    /// The request, as it would go on the wire.
    pub fn view(&self) -> RequestView<'_, [(String, String)]> {
        RequestView {
            method: &self.method,
            host: None,
            sign_host: None,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
        }
    }
}

impl Case {
    fn read(folder: PathBuf) -> Self {
        let context: Value =
            serde_json::from_str(&read(&folder, "context.json")).expect("the context is JSON");
        let mut request = Message::parse(&read(&folder, "request.txt"));
        // One request's path was encoded in that copy, with the same outcome asked for: the signed one is the original.
        request.path = Message::parse(&read(&folder, "header-signed-request.txt")).path;
        let keys = &context["credentials"];
        let text = |field: &str| keys[field].as_str().unwrap_or_default();
        let mut credentials =
            Credentials::new(text("access_key_id"), text("secret_access_key")).expect("keys");
        if let Some(token) = keys["token"].as_str() {
            credentials = credentials.with_session_token(token).expect("a token");
        }
        let date = context["timestamp"].as_str().expect("a time").replace(['-', ':'], "");
        Self {
            name: name(&folder),
            body: request.body.as_bytes().to_vec(),
            credentials,
            date: AmzDate::parse(&date).expect("a time"),
            context,
            request,
            folder,
        }
    }

    /// The request, as it would go on the wire.
    pub fn view(&self) -> RequestView<'_, [(String, String)]> {
        self.request.view()
    }

    /// The signed request: `header` or `query`.
    pub fn signed_request(&self, form: &str) -> Message {
        Message::parse(&self.file(&format!("{form}-signed-request.txt")))
    }

    /// A text of the context.
    pub fn text(&self, field: &str) -> &str {
        self.context[field].as_str().unwrap_or_else(|| panic!("{}: no {field}", self.name))
    }

    /// A switch of the context, off if it is not there.
    pub fn flag(&self, field: &str) -> bool {
        self.context[field].as_bool().unwrap_or_default()
    }

    /// A number of the context.
    pub fn number(&self, field: &str) -> u64 {
        self.context[field].as_u64().unwrap_or_else(|| panic!("{}: no {field}", self.name))
    }

    /// A file of the case: `header-canonical-request.txt`, `public-key.json`.
    pub fn file(&self, name: &str) -> String {
        read(&self.folder, name)
    }
}

fn read(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .replace("\r\n", "\n")
}
