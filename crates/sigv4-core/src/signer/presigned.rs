//! Presigned URLs.

use std::time::{Duration, SystemTime};

use http::header::HOST;
use http::{HeaderMap, Uri};
use zeroize::Zeroizing;

use super::sources::Source;
use super::{PayloadMode, RequestHead, SignTarget, Signer};
use crate::body::Payload;
use crate::clock::AmzDate;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::flow;
use crate::request::{self, RequestView, SigningParams};
use crate::service::PresignPayload;

/// A presigned URL, and what goes with it. Who holds it can use it until it expires: `Debug` does not show it.
#[derive(Clone)]
pub struct Presigned {
    /// Wiped at its end: it holds the session token.
    url: Zeroizing<String>,
    headers: HeaderMap,
    lifetime: Duration,
}

/// The longest URL that an [`http::Uri`] can hold, in bytes.
const MAX_URL: usize = 65_534;

impl Presigned {
    /// The URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL, read anew by the crate `http`. An error of kind `Request` for what an [`Uri`] cannot hold, which comes only of
    /// requests of other types.
    pub fn uri(&self) -> Result<Uri, Error> {
        self.url.parse().map_err(|_| {
            Error::new(ErrorKind::Request, "the presigned URL is none that an http::Uri can hold")
        })
    }

    /// The headers that the URL's user must send, with these values; `host` only where another one than the URL's was
    /// signed.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// How long the URL will be accepted: what was asked for, or less when the credentials expire sooner.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }
}

impl std::fmt::Debug for Presigned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Presigned")
            .field("url", &self.url.split('?').next().unwrap_or_default())
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

/// What a presigned URL's query takes besides the session token, in bytes: hardly ever more.
const USUAL_QUERY: usize = 384;

impl Signer {
    /// Presigns a request, which is only read, for `expires`: 1 second to 7 days, clamped to what is left of the
    /// credentials. Works where they are at hand; else see [`presign_async`](Self::presign_async).
    ///
    /// `host` and `x-amz-*` headers are signed, and others by [`SignedHeaders::also`](crate::SignedHeaders::also).
    /// The payload is `UNSIGNED-PAYLOAD` on S3, and that of an empty body elsewhere, unless
    /// [`PayloadMode::Unsigned`] or [`PayloadMode::Precomputed`] says otherwise. Any scheme will do: `wss` too.
    ///
    /// ```
    /// use std::time::Duration;
    /// use sigv4_core::{Credentials, Signer};
    ///
    /// let signer = Signer::new("s3", "us-east-1", Credentials::new("AKIDEXAMPLE", "secret")?);
    /// let request = http::Request::get("https://bucket.s3.us-east-1.amazonaws.com/a%20key").body(())?;
    /// let url = signer.presign(&request, Duration::from_secs(300))?;
    /// assert!(url.url().starts_with("https://bucket.s3.us-east-1.amazonaws.com/a%20key?X-Amz-Algorithm="));
    /// assert!(url.url().contains("&X-Amz-Expires=300&"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn presign(&self, request: &impl SignTarget, expires: Duration) -> Result<Presigned, Error> {
        let now = self.0.clock.now();
        let head = RequestHead::of(request)?;
        match self.source(&head)?.try_get(self.presign_offset(&head).apply(now))? {
            Some(credentials) => self.presign_with(&head, expires, &credentials, now),
            None => Err(Error::new(
                ErrorKind::Credentials,
                "the credentials have to be fetched first, which takes waiting: use Signer::presign_async",
            )),
        }
    }

    /// As [`presign`](Self::presign), and waits for credentials where that is needed.
    pub async fn presign_async(
        &self,
        request: &impl SignTarget,
        expires: Duration,
    ) -> Result<Presigned, Error> {
        let fetching = {
            let head = RequestHead::of(request)?;
            self.fetch_at(self.presign_offset(&head), self.source(&head).map(Source::into_owned))
        };
        let credentials = fetching.await?;
        self.presign_with(&RequestHead::of(request)?, expires, &credentials, self.0.clock.now())
    }

    fn presign_with(
        &self,
        request: &RequestHead<'_>,
        expires: Duration,
        credentials: &Credentials,
        now: SystemTime,
    ) -> Result<Presigned, Error> {
        let RequestHead { location, headers: of_request, .. } = *request;
        let options = request.options();
        self.check_origin(&location)?;
        let mut other = None;
        let scope = self.scope_of(request, &mut other)?;
        scope.check_token(credentials)?;
        let wire_path = flow::wire_path(location.path, &scope.rules);
        let view = RequestView {
            method: request.method.as_str(),
            host: location.host,
            sign_host: self.sign_host(options),
            path: wire_path.as_deref().unwrap_or(location.path),
            query: location.query,
            headers: of_request,
        };
        let date = AmzDate::new(now)?;
        let signed_headers = self.signed_headers(options).for_presigning();
        let params = SigningParams {
            rules: scope.rules,
            algorithm: scope.algorithm(),
            signed_headers: &signed_headers,
            credentials,
            date: &date,
            region: &scope.region,
            service: &scope.service,
            omit_session_token: false,
        };
        let mode = options.and_then(|options| options.payload.as_ref()).unwrap_or(&self.0.payload);
        let payload = match (mode, scope.rules.presign_payload) {
            (PayloadMode::Precomputed(digest), _) => Payload::precomputed(*digest),
            (PayloadMode::Unsigned, _) | (_, PresignPayload::Unsigned) => Payload::UNSIGNED,
            (_, PresignPayload::Hash) => Payload::EMPTY,
        };
        let host = location.host.filter(|_| !location.scheme.is_empty());
        let token = credentials.session_token_in_query().map_or(0, str::len);
        let start = [location.scheme, "://", host.unwrap_or_default(), view.path, "?"];
        let start_len: usize = start.iter().map(|part| part.len()).sum();
        let mut url = String::with_capacity(start_len + location.query.len() + USUAL_QUERY + token);
        start.iter().for_each(|part| url.push_str(part));
        let signature = request::presign_after(url, &view, &params, expires, payload, None)?;
        if host.is_none() {
            return Err(Error::new(
                ErrorKind::Request,
                "a presigned URL needs an absolute URI: scheme and host",
            ));
        }

        let mut headers = HeaderMap::new();
        for name in signature.signed_headers() {
            for (name, value) in of_request.iter().filter(|(header, _)| *header == name) {
                headers.append(name.clone(), value.clone());
            }
        }
        // In place of the one that the URL's user sends by itself.
        if let Some(host) = view.sign_host {
            headers.insert(HOST, flow::host_header(host)?);
        } else if let Some(own) = of_request.get(HOST)
            && Some(own.as_bytes().trim_ascii()) != host.map(str::as_bytes)
        {
            headers.insert(HOST, own.clone());
        }
        let lifetime = signature.lifetime();
        let url = signature.into_url();
        if url.len() > MAX_URL {
            return Err(Error::new(
                ErrorKind::Request,
                "the presigned URL is too long for a URI (65,534 bytes)",
            ));
        }
        Ok(Presigned { url, headers, lifetime })
    }
}
