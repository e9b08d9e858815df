//! Requests whose body is signed chunk by chunk.

use http::HeaderMap;

use super::cover::Cover;
use super::steps::{Changes, Occasion};
use super::{RequestHead, SignTarget, Signer};
use crate::body::BodyError;
use crate::body::chunked::{ChunkSigner, ChunkedBody, ChunkedOptions, ChunkedPlan};
use crate::credentials::Credentials;
use crate::error::Error;
use crate::request::{self, HeaderSignature, RequestView, SignedText, Signing, SigningParams};

/// What turns the body of a signed request into the one to send.
#[derive(Debug)]
pub struct Chunks {
    plan: ChunkedPlan,
    signer: ChunkSigner,
    error: BodyError,
}

impl Chunks {
    pub(super) fn new(plan: ChunkedPlan, signer: ChunkSigner) -> Self {
        Self { plan, signer, error: BodyError::empty() }
    }

    /// The body to send: `inner`, cut into chunks and signed.
    pub fn body<B>(self, inner: B) -> ChunkedBody<B> {
        self.plan.body(inner, self.signer).with_error(self.error)
    }

    /// Where the body leaves the error that it fails with, if it does.
    pub fn error(&self) -> BodyError {
        self.error.clone()
    }
}

impl Signer {
    /// Signs the head of a request whose body of `length` bytes goes out in chunks; `None`, with the request untouched,
    /// where credentials would have to be waited for. For adapters; errors as for [`sign`](Self::sign), and those of
    /// [`ChunkedPlan::new`].
    pub fn try_sign_chunked(
        &self,
        request: &mut impl SignTarget,
        options: &ChunkedOptions,
        length: Option<u64>,
    ) -> Result<Option<Chunks>, Error> {
        self.try_cover(request, InChunks { options, length }, None)
    }

    /// As [`try_sign_chunked`](Self::try_sign_chunked), with credentials that were [fetched](Self::fetch) for the request.
    pub fn sign_chunked_with(
        &self,
        request: &mut impl SignTarget,
        options: &ChunkedOptions,
        length: Option<u64>,
        credentials: &Credentials,
    ) -> Result<Chunks, Error> {
        self.cover(request, InChunks { options, length }, credentials, None)
    }

    /// As [`try_sign_chunked`](Self::try_sign_chunked), and waits for credentials where that is needed.
    pub async fn sign_chunked(
        &self,
        request: &mut impl SignTarget,
        options: &ChunkedOptions,
        length: Option<u64>,
    ) -> Result<Chunks, Error> {
        if let Some(chunks) = self.try_sign_chunked(request, options, length)? {
            return Ok(chunks);
        }
        let credentials = self.fetch(request).await?;
        self.sign_chunked_with(request, options, length, &credentials)
    }

    /// As [`sign_chunked`](Self::sign_chunked), and keeps in `watch` what is needed to make sense of the answer.
    #[cfg(feature = "refusals")]
    pub async fn sign_chunked_watched(
        &self,
        request: &mut impl SignTarget,
        options: &ChunkedOptions,
        length: Option<u64>,
        watch: &mut super::Watch,
    ) -> Result<Chunks, Error> {
        let cover = InChunks { options, length };
        if let Some(chunks) = self.try_cover(request, cover, Some(&mut *watch))? {
            return Ok(chunks);
        }
        let credentials = self.fetch(request).await?;
        self.cover(request, cover, &credentials, Some(watch))
    }
}

/// Signs the head of a body of `length` bytes, where that is known.
#[derive(Clone, Copy)]
struct InChunks<'a> {
    options: &'a ChunkedOptions,
    length: Option<u64>,
}

impl Cover for InChunks<'_> {
    type Signed = (HeaderSignature, ChunkedPlan, ChunkSigner);
    type Rest = Chunks;

    const KEEPS_TEXT: bool = true;

    fn read(
        self,
        signer: &Signer,
        request: &RequestHead<'_>,
        occasion: Occasion<'_>,
        signing: &mut Signing<'_>,
        changes: &mut Changes,
    ) -> Result<Option<Self::Signed>, Error> {
        signer.read(self, request, occasion, signing, changes)
    }

    fn sign(
        self,
        view: RequestView<'_, HeaderMap>,
        params: &SigningParams<'_>,
        _: &mut Signing<'_>,
        text: Option<&mut SignedText>,
    ) -> Result<Self::Signed, Error> {
        let plan = ChunkedPlan::new(self.options, params.algorithm, self.length, view.headers)?;
        let RequestView { method, host, sign_host, path, query, headers } = view;
        let planned = plan.headers(headers);
        let view = RequestView { method, host, sign_host, path, query, headers: &planned };
        let signature = request::sign(&view, params, plan.payload(), text)?;
        let signer = ChunkSigner::new(params, signature.signature())?;
        Ok((signature, plan, signer))
    }

    fn apply(
        (signature, plan, signer): Self::Signed,
        _: &mut Signing<'_>,
        mut changes: Changes,
        headers: &mut HeaderMap,
    ) -> Result<Chunks, Error> {
        changes.put_before(headers);
        plan.apply(headers)?;
        signature.apply(headers)?;
        changes.put_behind(headers);
        Ok(Chunks::new(plan, signer))
    }

    #[cfg(feature = "refusals")]
    fn kept(self, text: Option<Box<SignedText>>) -> super::watch::What {
        super::watch::What::Text(text.unwrap_or_default())
    }
}
