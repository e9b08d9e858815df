//! Whether a request is still what was signed when it reaches the client.

use std::fmt;

use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, HeaderName, Method};

use crate::request::{Authorization, X_AMZ_CONTENT_SHA256};
use crate::signer::{Location, SignTarget};

/// What a signature covers of one request. The signer leaves it among the request's extensions where it was asked to, and a check
/// next to the client tells what was changed in between. For adapters, and for debugging: it copies the signed headers.
///
/// ```
/// use sigv4_core::flow::Seal;
/// use sigv4_core::{Credentials, Payload, Signer};
///
/// let signer = Signer::new("execute-api", "us-east-2", Credentials::new("AKIDEXAMPLE", "secret")?);
/// let mut request = http::Request::post("https://example.com/").header("content-type", "text/plain").body("hello")?;
/// signer.sign(&mut request, Payload::bytes(b"hello"))?;
/// let seal = Seal::of(&request, Some(5)).expect("a signature");
/// assert!(seal.changes(&request, Some(5)).is_empty());
///
/// request.headers_mut().insert("content-type", "text/html".parse()?);
/// assert_eq!(seal.changes(&request, Some(5)), ["the signed header content-type has another value"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Seal {
    method: Method,
    host: Option<String>,
    path: String,
    query: String,
    /// `Authorization`, and what it signs.
    headers: HeaderMap,
    /// In bytes; `None` if it is not known, or not signed.
    length: Option<u64>,
}

impl Seal {
    /// The seal of a request that was just signed, whose body has this length, in bytes, if that is known. `None` if it bears no
    /// signature.
    pub fn of(request: &impl SignTarget, length: Option<u64>) -> Option<Self> {
        let all = request.headers();
        let authorization = all.get(AUTHORIZATION)?;
        let signed = Authorization::parse(authorization.to_str().ok()?).ok()?.signed_headers;
        let mut headers = HeaderMap::new();
        for name in signed.split(';').filter_map(|name| HeaderName::try_from(name).ok()) {
            for value in all.get_all(&name) {
                headers.append(name.clone(), value.clone());
            }
        }
        headers.insert(AUTHORIZATION, authorization.clone());
        let location = request.location().ok()?;
        Some(Self {
            method: request.method().clone(),
            host: host(&location, all),
            path: location.path.to_owned(),
            query: location.query.to_owned(),
            headers,
            // Of a body that is not hashed as a whole, another length says nothing.
            length: length.filter(|_| all.get(X_AMZ_CONTENT_SHA256).is_none_or(|hash| hash.len() == 64)),
        })
    }

    /// What is no longer as it was signed, each a sentence without its full stop; no values of headers, no path, no query.
    pub fn changes(&self, request: &impl SignTarget, length: Option<u64>) -> Vec<String> {
        let mut changes = Vec::new();
        if self.method != request.method() {
            changes.push(format!("the method was {} and is {}", self.method, request.method()));
        }
        match request.location() {
            Ok(location) => self.moved(&location, request.headers(), &mut changes),
            Err(error) => changes.push(error.to_string()),
        }
        for name in self.headers.keys().filter(|name| *name != HOST) {
            if !request.headers().contains_key(name) {
                changes.push(format!("the signed header {name} is gone"));
            } else if !self.headers.get_all(name).iter().eq(request.headers().get_all(name)) {
                changes.push(format!("the signed header {name} has another value"));
            }
        }
        for name in request.headers().keys() {
            if name.as_str().starts_with("x-amz-") && !self.headers.contains_key(name) {
                changes.push(format!("the header {name} was added, which services demand to be signed"));
            }
        }
        if let Some(signed) = self.length.filter(|_| self.length != length) {
            let is =
                length.map_or_else(|| "is of unknown length".to_owned(), |length| format!("has {length}"));
            changes.push(format!("the body had {signed} bytes and {is} (was it compressed?)"));
        }
        changes
    }

    /// Writes each change to `tracing`, at level WARN. `what` stands below the signer: a layer, a middleware.
    #[cfg(feature = "tracing")]
    pub fn warn(&self, request: &impl SignTarget, length: Option<u64>, what: &str) {
        for change in self.changes(request, length) {
            tracing::warn!(
                "a {what} below the signer changed what was signed, and the service will refuse the request: {change}"
            );
        }
    }

    fn moved(&self, location: &Location<'_>, headers: &HeaderMap, changes: &mut Vec<String>) {
        let is = host(location, headers);
        if self.host != is {
            let shown = |host: &Option<String>| host.clone().unwrap_or_else(|| "unknown".to_owned());
            changes.push(format!("the host was {} and is {}", shown(&self.host), shown(&is)));
        }
        if self.path != location.path {
            changes.push("the path is another".to_owned());
        }
        if self.query != location.query {
            changes.push("the query is another".to_owned());
        }
    }
}

/// The host that the request names, in lower case.
fn host(location: &Location<'_>, headers: &HeaderMap) -> Option<String> {
    let header = headers.get(HOST).and_then(|host| host.to_str().ok());
    header.or(location.host).map(str::to_ascii_lowercase)
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("Seal")
            .field("method", &self.method)
            .field("host", &self.host)
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}
