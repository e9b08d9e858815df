//! The view of a request that arrived.

use http::{HeaderMap, Method, Uri};

use crate::request::RequestView;

impl<'a> RequestView<'a, HeaderMap> {
    /// The view of a request as a server received it: the host is that of the `host` header, or of `:authority`
    /// (HTTP/2, where the URI holds it), as it came.
    ///
    /// Unlike [`new`](Self::new), which looks at a request that is yet to be sent, a port is never left out: what a
    /// client left out did not arrive.
    pub fn received(method: &'a Method, uri: &'a Uri, headers: &'a HeaderMap) -> Self {
        Self {
            method: method.as_str(),
            host: uri.authority().map(|authority| authority.as_str()),
            sign_host: None,
            path: uri.path(),
            query: uri.query().unwrap_or_default(),
            headers,
        }
    }
}
