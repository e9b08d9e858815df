//! AWS's own test suite, in the copy that the published crate `aws-sigv4` carries.

use std::fs;
use std::path::PathBuf;

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
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    /// The body of the request.
    pub body: Vec<u8>,
    /// Who signs.
    pub credentials: Credentials,
    /// When.
    pub date: AmzDate,
}

/// All cases of an algorithm, `v4` or `v4a`, by name.
pub fn cases(algorithm: &str) -> Vec<Case> {
    let folder = crate::packages::folder("aws-sigv4").join("aws-signing-test-suite").join(algorithm);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut cases: Vec<Case> =
        entries.map(|entry| Case::read(entry.expect("a readable folder").path())).collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

impl Case {
    fn read(folder: PathBuf) -> Self {
        let name = folder.file_name().expect("a folder has a name").to_string_lossy().into_owned();
        let context: Value =
            serde_json::from_str(&read(&folder, "context.json")).expect("the context is JSON");
        let request = read(&folder, "request.txt");
        let (head, body) = request.split_once("\n\n").unwrap_or((&request, ""));
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
                _ => panic!("{name}: no header: {line:?}"),
            }
        }
        let keys = &context["credentials"];
        let text = |field: &str| keys[field].as_str().unwrap_or_default();
        let mut credentials =
            Credentials::new(text("access_key_id"), text("secret_access_key")).expect("keys");
        if let Some(token) = keys["token"].as_str() {
            credentials = credentials.with_session_token(token).expect("a token");
        }
        let date = context["timestamp"].as_str().expect("a time").replace(['-', ':'], "");
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: body.as_bytes().to_vec(),
            credentials,
            date: AmzDate::parse(&date).expect("a time"),
            context,
            name,
            folder,
        }
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

fn read(folder: &std::path::Path, name: &str) -> String {
    let path = folder.join(name);
    fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .replace("\r\n", "\n")
}
