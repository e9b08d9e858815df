//! What can be signed in place.

use http::{Extensions, HeaderMap, Method, Request, Uri, request::Parts};

use crate::error::Error;
use crate::flow;
use crate::request::wire_host;

/// A request that can be signed in place, whatever its body: `http::Request` and its `Parts`; adapters implement it
/// for the requests of their clients.
pub trait SignTarget {
    /// Where the request goes, in the client's own type.
    type Uri;

    /// The method.
    fn method(&self) -> &Method;

    /// The headers.
    fn headers(&self) -> &HeaderMap;

    /// The headers, to take the signature.
    fn headers_mut(&mut self) -> &mut HeaderMap;

    /// The extensions, in which [`SignOptions`](crate::SignOptions) are looked for.
    fn extensions(&self) -> &Extensions;

    /// Where the request goes, as it stands on the wire. An error of kind `Request` when the URI holds a user name.
    fn location(&self) -> Result<Location<'_>, Error>;

    /// The URI in its wire form: with this path, if one is given, and with no port that is the scheme's default;
    /// `None` if it is so already. An error of kind `Request` when the client would send another path than this one.
    fn settled(&self, path: Option<&str>) -> Result<Option<Self::Uri>, Error>;

    /// The URI with another host, and no port; `None` where that cannot be. Needed to send a request to a bucket's own
    /// region, see [`Signer::relocate`](crate::Signer::relocate).
    fn at_host(&self, host: &str) -> Option<Self::Uri> {
        let _ = host;
        None
    }

    /// Replaces the URI.
    fn set_uri(&mut self, uri: Self::Uri);
}

/// Where a request goes, as it stands on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location<'a> {
    /// `http`, `https`, `ws` or `wss`, in lower case; empty if the URI has none.
    pub scheme: &'a str,
    /// What is sent as `host`: with the port, unless that is the scheme's default.
    pub host: Option<&'a str>,
    /// The path, percent-encoded.
    pub path: &'a str,
    /// The query string, without `?`; empty if there is none.
    pub query: &'a str,
}

impl<'a> Location<'a> {
    /// The location of a URI.
    #[inline]
    pub fn of(uri: &'a Uri) -> Result<Self, Error> {
        Ok(Self {
            scheme: uri.scheme_str().unwrap_or_default(),
            host: wire_host(uri)?,
            path: uri.path(),
            query: uri.query().unwrap_or_default(),
        })
    }

    /// Whether TLS protects what is sent there.
    pub fn is_tls(&self) -> bool {
        matches!(self.scheme, "https" | "wss")
    }
}

impl<B> SignTarget for Request<B> {
    type Uri = Uri;

    fn method(&self) -> &Method {
        self.method()
    }

    fn headers(&self) -> &HeaderMap {
        self.headers()
    }

    fn headers_mut(&mut self) -> &mut HeaderMap {
        self.headers_mut()
    }

    fn extensions(&self) -> &Extensions {
        self.extensions()
    }

    fn location(&self) -> Result<Location<'_>, Error> {
        Location::of(self.uri())
    }

    fn settled(&self, path: Option<&str>) -> Result<Option<Uri>, Error> {
        flow::settled_uri(self.uri(), path)
    }

    fn at_host(&self, host: &str) -> Option<Uri> {
        at_host(self.uri(), host)
    }

    fn set_uri(&mut self, uri: Uri) {
        *self.uri_mut() = uri;
    }
}

impl SignTarget for Parts {
    type Uri = Uri;

    fn method(&self) -> &Method {
        &self.method
    }

    fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    fn location(&self) -> Result<Location<'_>, Error> {
        Location::of(&self.uri)
    }

    fn settled(&self, path: Option<&str>) -> Result<Option<Uri>, Error> {
        flow::settled_uri(&self.uri, path)
    }

    fn at_host(&self, host: &str) -> Option<Uri> {
        at_host(&self.uri, host)
    }

    fn set_uri(&mut self, uri: Uri) {
        self.uri = uri;
    }
}

fn at_host(uri: &Uri, host: &str) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    parts.authority = Some(host.parse().ok()?);
    Uri::from_parts(parts).ok()
}
