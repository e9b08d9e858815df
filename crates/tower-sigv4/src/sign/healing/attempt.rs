//! One request that was sent, what it was answered, and the one that is sent in its place.

use std::future::poll_fn;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{Extensions, Request, Response, Version};
use http_body::Body;
use sigv4_core::body::BodyError;
use sigv4_core::flow::{Deadline, Kept, Peeked, Step};
use sigv4_core::refusal::{MAX_BODY, Refusal};
use sigv4_core::{Error, Payload, Signer, Watch};
use tower_service::Service;

use super::Shared;
use super::future::Waiting;
use crate::BoxError;
use crate::sign::Rebuild;
use crate::sign::pending::{prepare, settle};

/// One request on its way, for clients that are not services: signed, and watched until it is answered.
pub struct Attempt(Sent);

impl Attempt {
    /// Signs a request as [`sign_request`](crate::sign::sign_request) does, and keeps what it takes to make sense of the answer.
    pub async fn sign<B, R>(
        signer: &Signer,
        rebuild: R,
        request: Request<B>,
        deadline: &mut Deadline,
    ) -> Result<(Request<R::Out>, BodyError, Self), Error>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Into<BoxError>,
        R: Rebuild<B>,
    {
        let (mut parts, body) = request.into_parts();
        settle(signer, &mut parts, &body);
        let mut sent = Sent::new(&parts);
        let pending = prepare(signer, &rebuild, &parts, body)?;
        pending.keep(Some(&mut sent.watch));
        let signing = pending.sign_later(signer, rebuild, &mut parts, deadline, Some(&mut sent.watch));
        let (body, body_error) = signing.await?;
        Ok((Request::from_parts(parts, body), body_error, Self(sent)))
    }

    /// Signs the request that [`read`](Self::read) gave, for another attempt.
    pub async fn sign_again<B, R: Rebuild<B>>(
        signer: &Signer,
        rebuild: &R,
        request: Request<Bytes>,
        deadline: &mut Deadline,
    ) -> Result<(Request<R::Out>, Self), Error> {
        let (mut parts, bytes) = request.into_parts();
        let (body, sent) = Sent::sign_again(signer, rebuild, &mut parts, bytes, deadline).await?;
        Ok((Request::from_parts(parts, body), Self(sent)))
    }

    /// Reads an answer: a refusal gets its [`sigv4_core::refusal::Explanation`] among the extensions, and what it teaches serves the
    /// next request. Beside it stands the request, not signed, if it is worth being sent once more. Of a refusal up to 64 KiB are
    /// waited for, of an accepted answer nothing.
    pub async fn read<Rs: Body<Data = Bytes> + Unpin>(
        &self,
        signer: &Signer,
        response: Response<Rs>,
    ) -> (Response<Peeked<Rs>>, Option<Request<Bytes>>) {
        let (response, again) = self.0.read(signer, response).await;
        (response, again.map(|(parts, bytes)| Request::from_parts(parts, bytes)))
    }
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Attempt").field(&self.0.watch).finish()
    }
}

/// A request on its way, and what it takes to send it once more.
pub(super) struct Sent {
    pub(super) watch: Watch,
    version: Version,
    extensions: Extensions,
}

impl Sent {
    pub(super) fn new(parts: &Parts) -> Self {
        let uri = &parts.uri;
        let (scheme, rest) = (uri.scheme_str(), uri.path_and_query().map_or("", |target| target.as_str()));
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let host = sigv4_core::Location::of(uri).ok().and_then(|location| location.host);
        let separator = if scheme.is_some() { "://" } else { "" };
        let uri = [scheme.unwrap_or_default(), separator, authority, rest];
        Self {
            watch: Watch::new(Kept::new(&parts.method, host, &uri, &parts.headers)),
            version: parts.version,
            extensions: parts.extensions.clone(),
        }
    }

    /// Signs a request whose body is in memory, and watches it.
    async fn sign_again<B, R: Rebuild<B>>(
        signer: &Signer,
        rebuild: &R,
        parts: &mut Parts,
        bytes: Bytes,
        deadline: &mut Deadline,
    ) -> Result<(R::Out, Self), Error> {
        signer.relocate(parts);
        let mut sent = Self::new(parts);
        let digest = signer.hash_body(deadline, &bytes).await?;
        let signing = signer.sign_watched(parts, Payload::precomputed(digest), &mut sent.watch);
        signer.sign_within(deadline, signing).await?;
        Ok((rebuild.buffered(bytes), sent))
    }

    /// The request as it was before it was signed.
    fn parts(&self) -> Option<Parts> {
        let kept = self.watch.kept();
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = kept.method().clone();
        parts.uri = kept.uri().parse().ok()?;
        parts.version = self.version;
        parts.headers = kept.headers();
        parts.extensions = self.extensions.clone();
        Some(parts)
    }

    /// The response, whole, and the request to be sent once more, where that is worth it.
    async fn read<Rs: Body<Data = Bytes> + Unpin>(
        &self,
        signer: &Signer,
        response: Response<Rs>,
    ) -> (Response<Peeked<Rs>>, Option<(Parts, Bytes)>) {
        let (mut parts, body) = response.into_parts();
        let mut body = Peeked::untouched(body);
        // What was not signed was not refused for its signature: nobody waits for what the answer says.
        if !Refusal::is_possible(parts.status) || signer.is_skipped(&self.extensions) {
            signer.accepted(&self.watch, &parts.headers);
            return (Response::from_parts(parts, body), None);
        }
        let seen = body.look(MAX_BODY).await;
        let request = self.parts();
        let refused = request
            .as_ref()
            .and_then(|request| signer.refused(&self.watch, request, parts.status, &parts.headers, &seen));
        let replay = refused.as_ref().is_some_and(|refused| refused.replay);
        if let Some(explanation) = refused.and_then(|refused| refused.explanation) {
            parts.extensions.insert(explanation);
        }
        let again = request.filter(|_| replay).zip(self.watch.kept().body());
        (Response::from_parts(parts, body), again)
    }
}

/// What comes of a response: it is read, and the request is sent once more where that heals it.
pub(super) fn resume<S, R, B, Rs>(
    shared: Arc<Shared<S, R>>,
    sent: Sent,
    response: Response<Rs>,
    mut deadline: Deadline,
) -> Waiting<Rs>
where
    S: Service<Request<R::Out>, Response = Response<Rs>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    R: Rebuild<B> + Send + Sync + 'static,
    R::Out: Send,
    B: 'static,
    Rs: Body<Data = Bytes> + Unpin + Send + 'static,
    Rs::Error: Send,
{
    Box::pin(async move {
        let signer = &shared.signer;
        let (response, again) = deadline.hold(Step::Sending, sent.read(signer, response)).await?;
        let Some((mut parts, bytes)) = again.filter(|_| shared.replay) else { return Ok(response) };

        let length = Some(bytes.len() as u64);
        let signed = Sent::sign_again(signer, &shared.rebuild, &mut parts, bytes, &mut deadline).await;
        // Where no other credentials are to be had, nothing more is sent: the refusal is what there is to tell.
        let Ok((body, sent)) = signed else { return Ok(response) };
        // The rest of it may hold what the second request waits for.
        drop(response);
        shared.extras.seal(&mut parts, length);
        let request = Request::from_parts(parts, body);
        let mut inner = shared.service();
        let ready = poll_fn(|context| inner.poll_ready(context));
        deadline.hold(Step::Sending, ready).await?.map_err(Into::into)?;
        let response = deadline.hold(Step::Sending, inner.call(request)).await?.map_err(Into::into)?;
        Ok(deadline.hold(Step::Sending, sent.read(signer, response)).await?.0)
    })
}
