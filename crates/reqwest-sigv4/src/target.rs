//! A reqwest request as core signs it: the URL as it goes on the wire, nothing parsed anew.

use std::time::Duration;

use http::{Extensions, HeaderMap, Method};
use reqwest::Request;
use sigv4_core::flow::{BodyShape, state_empty_body};
use sigv4_core::{Error, ErrorKind, Location, SignTarget};
use url::{Position, Url};

/// A request and the extensions that came with it, which reqwest keeps apart.
pub(crate) struct Target<'a> {
    pub(crate) request: &'a mut Request,
    pub(crate) extensions: &'a Extensions,
}

impl SignTarget for Target<'_> {
    type Uri = Url;

    fn method(&self) -> &Method {
        self.request.method()
    }

    fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    fn headers_mut(&mut self) -> &mut HeaderMap {
        self.request.headers_mut()
    }

    fn extensions(&self) -> &Extensions {
        self.extensions
    }

    fn location(&self) -> Result<Location<'_>, Error> {
        let url = self.request.url();
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::new(
                ErrorKind::Request,
                "the URL holds a user name or password before the host: take it out, credentials come from the signer",
            ));
        }
        Ok(Location {
            scheme: url.scheme(),
            // `Url` has dropped a port that is the scheme's default.
            host: Some(&url[Position::BeforeHost..Position::AfterPort]).filter(|host| !host.is_empty()),
            path: url.path(),
            query: url.query().unwrap_or_default(),
        })
    }

    fn settled(&self, path: Option<&str>) -> Result<Option<Url>, Error> {
        let Some(path) = path else { return Ok(None) };
        let mut url = self.request.url().clone();
        url.set_path(path);
        if url.path() == path {
            return Ok(Some(url));
        }
        Err(Error::new(
            ErrorKind::Request,
            "the URL's path has dot segments, which reqwest removes: send it through hyper-sigv4",
        ))
    }

    fn at_host(&self, host: &str) -> Option<Url> {
        let mut url = self.request.url().clone();
        url.set_host(Some(host)).ok()?;
        url.set_port(None).ok()?;
        Some(url)
    }

    fn set_uri(&mut self, url: Url) {
        *self.request.url_mut() = url;
    }
}

/// What is known of a request's body.
pub(crate) fn shape(request: &Request) -> BodyShape {
    match request.body() {
        None => BodyShape::Empty,
        Some(body) => match body.as_bytes() {
            Some([]) => BodyShape::Empty,
            Some(bytes) => BodyShape::InMemory(bytes.len() as u64),
            None => match http_body::Body::size_hint(body).exact() {
                Some(0) => BodyShape::Empty,
                length => BodyShape::Stream(length),
            },
        },
    }
}

/// Sets a request's time-out, if there is one. `timeout_mut` makes room for it before that is known, which takes three allocations.
pub(crate) fn set_timeout(request: &mut Request, timeout: Option<Duration>) {
    if timeout.is_some() {
        *request.timeout_mut() = timeout;
    }
}

/// The wire form that reqwest alone needs, as changes that can be taken back.
pub(crate) struct WireForm {
    url: Option<Url>,
    content_length: bool,
}

impl WireForm {
    /// A `+` in the query becomes `%20` where `spaces` says so: `RequestBuilder::query` writes it for a space, and
    /// services differ in how they read it. An empty PUT, POST or PATCH gets the `content-length: 0` that reqwest
    /// leaves out.
    pub(crate) fn settle(request: &mut Request, spaces: bool) -> Self {
        let mut before = Self { url: None, content_length: false };
        if let Some(query) = request.url().query().filter(|query| spaces && query.contains('+')) {
            let query = query.replace('+', "%20");
            before.url = Some(request.url().clone());
            request.url_mut().set_query(Some(&query));
        }
        if shape(request) == BodyShape::Empty {
            let method = request.method().clone();
            before.content_length = state_empty_body(&method, request.headers_mut());
        }
        before
    }

    /// Leaves the request as it was.
    pub(crate) fn take_back(self, request: &mut Request) {
        if let Some(url) = self.url {
            *request.url_mut() = url;
        }
        if self.content_length {
            request.headers_mut().remove(http::header::CONTENT_LENGTH);
        }
    }
}
