//! A recorded machine: variables, files and HTTP exchanges from a folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::UNIX_EPOCH;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri};
use serde_json::{Value, json};
use sigv4_core::clock::ManualClock;
use sigv4_core::{Credentials, Error};
use sigv4_credentials::context::{Context, Folder, SystemProcesses};

/// The context that a folder describes. Its clock stands at 1970, so that nothing recorded has expired.
pub fn context(folder: &Path) -> Result<Context, String> {
    if !folder.is_dir() {
        return Err(format!("{}: there is no such folder", folder.display()));
    }
    let mut variables: BTreeMap<String, String> = match read(&folder.join("env.json"))? {
        Some(text) => serde_json::from_str(&text).map_err(|error| format!("env.json: {error}"))?,
        None => BTreeMap::new(),
    };
    variables.entry("HOME".to_owned()).or_insert_with(|| "/home".to_owned());
    let traffic = match read(&folder.join("http-traffic.json"))? {
        Some(text) => Recording::parse(&text).map_err(|error| format!("http-traffic.json: {error}"))?,
        None => Recording::default(),
    };
    let traffic = Arc::new(Mutex::new(traffic));
    let replay = move |request: Request<Bytes>| {
        let answer = traffic.lock().map_err(|_| "the recording is broken".to_owned());
        std::future::ready(answer.and_then(|mut traffic| traffic.answer(&request)))
    };
    // A recorded `credential_process` is a command such as `echo`.
    let mut of_processes = variables.clone();
    if let Ok(path) = std::env::var("PATH") {
        of_processes.entry("PATH".to_owned()).or_insert(path);
    }
    Ok(Context::isolated()
        .with_environment(variables)
        .with_files(Folder::below(folder.join("fs")))
        .with_processes(SystemProcesses::with_variables(of_processes))
        .with_http(replay)
        .with_clock(ManualClock::new(UNIX_EPOCH)))
}

/// What was found, as JSON. Recordings hold no secrets; for anything else this would be the wrong thing to print.
pub fn outcome(found: Result<&Credentials, &Error>) -> Value {
    match found {
        Ok(credentials) => {
            let seconds =
                |time: std::time::SystemTime| time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
            json!({
                "access_key_id": credentials.access_key_id(),
                "secret_access_key": credentials.secret_access_key(),
                "session_token": credentials.session_token(),
                "expiry": credentials.expiry().map(seconds),
            })
        }
        Err(error) => json!({"error": error.to_string()}),
    }
}

fn read(path: &Path) -> Result<Option<String>, String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// Exchanges in their order, those that were not asked for yet.
#[derive(Default)]
struct Recording(Vec<Exchange>);

#[derive(Default)]
struct Exchange {
    connection: u64,
    method: String,
    uri: String,
    headers: Value,
    /// The status, or why there was no answer.
    answer: Option<Result<u16, String>>,
    body: Vec<u8>,
}

impl Recording {
    fn parse(text: &str) -> Result<Self, String> {
        let document: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let events = document["events"].as_array().ok_or("it has no events")?;
        let mut exchanges: Vec<Exchange> = Vec::new();
        for event in events {
            let connection = event["connection_id"].as_u64().ok_or("an event has no connection_id")?;
            let known = exchanges.iter().position(|exchange| exchange.connection == connection);
            let exchange = match known {
                Some(index) => &mut exchanges[index],
                None => {
                    exchanges.push(Exchange { connection, ..Exchange::default() });
                    exchanges.last_mut().ok_or("no exchange")?
                }
            };
            exchange.add(&event["action"])?;
        }
        Ok(Self(exchanges))
    }

    /// The answer of the first exchange left that fits the request; 404 where none does.
    fn answer(&mut self, request: &Request<Bytes>) -> Result<Response<Bytes>, String> {
        let Some(index) = self.0.iter().position(|exchange| exchange.fits(request)) else {
            let mut answer = Response::new(Bytes::from_static(b"not recorded"));
            *answer.status_mut() = StatusCode::NOT_FOUND;
            return Ok(answer);
        };
        let exchange = self.0.remove(index);
        let status =
            exchange.answer.unwrap_or_else(|| Err("the recording ends before the answer".to_owned()))?;
        Response::builder().status(status).body(Bytes::from(exchange.body)).map_err(|error| error.to_string())
    }
}

impl Exchange {
    fn add(&mut self, action: &Value) -> Result<(), String> {
        if let Some(request) = action.get("Request") {
            let request = &request["request"];
            self.method = request["method"].as_str().unwrap_or("GET").to_owned();
            self.uri = request["uri"].as_str().ok_or("a request has no uri")?.to_owned();
            self.headers = request["headers"].clone();
        } else if let Some(response) = action.get("Response") {
            let response = &response["response"];
            self.answer =
                Some(match response["Ok"]["status"].as_u64().and_then(|status| u16::try_from(status).ok()) {
                    Some(status) => Ok(status),
                    None => Err(response["Err"].as_str().unwrap_or("the connection failed").to_owned()),
                });
        } else if let Some(data) = action.get("Data").filter(|data| data["direction"] == "Response") {
            match (data["data"]["Utf8"].as_str(), data["data"]["Base64"].as_str()) {
                (Some(text), _) => self.body.extend_from_slice(text.as_bytes()),
                (None, Some(text)) => {
                    self.body.extend(STANDARD.decode(text).map_err(|error| error.to_string())?);
                }
                (None, None) => return Err("data is neither Utf8 nor Base64".to_owned()),
            }
        }
        Ok(())
    }

    /// Method, scheme, host, path and the set of query parameters agree, and so do the tokens that prove who asks.
    fn fits(&self, request: &Request<Bytes>) -> bool {
        let Ok(uri) = self.uri.parse::<Uri>() else { return false };
        let parts = |uri: &Uri| {
            let mut query: Vec<String> =
                uri.query().unwrap_or_default().split('&').map(str::to_owned).collect();
            query.sort();
            let path = uri.path().trim_end_matches('/').to_owned();
            (uri.scheme_str().map(str::to_owned), uri.authority().map(ToString::to_string), path, query)
        };
        let same_header = |name: &str| match self.headers[name][0].as_str() {
            Some(recorded) if !recorded.starts_with("AWS4-") => {
                request.headers().get(name).is_some_and(|value| value.as_bytes() == recorded.as_bytes())
            }
            _ => true,
        };
        self.method == request.method().as_str()
            && parts(&uri) == parts(request.uri())
            && same_header("x-aws-ec2-metadata-token")
            && same_header("authorization")
    }
}
