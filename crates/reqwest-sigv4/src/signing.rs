//! How the body of a request is covered, and its head signed: at once, or after what has to be waited for.

use bytes::Bytes;
use http::Extensions;
use reqwest::{Body, Request};
use sigv4_core::body::BodyError;
#[cfg(feature = "refusals")]
use sigv4_core::flow::BodyShape;
use sigv4_core::flow::{Collect, Deadline, HASHED_AT_ONCE, PayloadPlan, state_empty_body};
use sigv4_core::signature::sha256;
use sigv4_core::{Error, Payload};

use crate::SigV4Middleware;
use crate::attempt::Watch;
use crate::target::{Target, shape};

impl SigV4Middleware {
    /// Signs with what is at hand; else it gives the plan for what has to be waited for.
    pub(crate) fn begin(
        &self,
        request: &mut Request,
        extensions: &Extensions,
        watch: &mut Watch,
    ) -> Result<Option<PayloadPlan>, Error> {
        let shape = shape(request);
        #[cfg(feature = "refusals")]
        self.keep_body(request, shape, watch);
        let plan = self.signer.plan(&Target { request, extensions }, shape, cfg!(feature = "chunked"))?;
        let is_signed = self.sign_now(request, extensions, &plan, watch)?;
        Ok((!is_signed).then_some(plan))
    }

    /// Signs with what is at hand. `false`, with the request untouched, where something has to be waited for.
    fn sign_now(
        &self,
        request: &mut Request,
        extensions: &Extensions,
        plan: &PayloadPlan,
        watch: &mut Watch,
    ) -> Result<bool, Error> {
        let payload = match plan {
            PayloadPlan::Hash => match request.body().and_then(Body::as_bytes) {
                Some(bytes) if bytes.len() <= HASHED_AT_ONCE => Payload::precomputed(sha256(bytes)),
                _ => return Ok(false),
            },
            plan => match plan.payload() {
                Some(payload) => payload,
                None => return Ok(false),
            },
        };
        let mut target = Target { request, extensions };
        #[cfg(feature = "refusals")]
        return self.signer.try_sign_watched(&mut target, payload, watch);
        #[cfg(not(feature = "refusals"))]
        {
            let () = watch;
            self.signer.try_sign(&mut target, payload)
        }
    }

    /// Signs, and waits for the body and for credentials where that is needed. Gives where the body leaves its error, if it has one
    /// of its own.
    pub(crate) async fn sign_later(
        &self,
        request: &mut Request,
        extensions: &Extensions,
        plan: PayloadPlan,
        watch: &mut Watch,
        deadline: &mut Deadline,
    ) -> Result<BodyError, Error> {
        match plan {
            PayloadPlan::Hash => {
                // Sharing the buffer, not copying it: the body is put back as it was.
                let bytes = self.whole(request, u64::MAX, deadline).await?;
                self.sign_hashed(request, extensions, bytes, watch, deadline).await?;
            }
            PayloadPlan::Buffer { limit } => {
                let bytes = self.whole(request, limit, deadline).await?;
                self.signer.check_length(request.headers(), &bytes)?;
                self.sign_hashed(request, extensions, bytes, watch, deadline).await?;
            }
            #[cfg(feature = "chunked")]
            PayloadPlan::Chunked(options) => {
                let length = shape(request).length();
                let mut target = Target { request, extensions };
                #[cfg(feature = "refusals")]
                let signing = self.signer.sign_chunked_watched(&mut target, &options, length, watch);
                #[cfg(not(feature = "refusals"))]
                let signing = self.signer.sign_chunked(&mut target, &options, length);
                let chunks = self.signer.sign_within(deadline, signing).await?;
                let body_error = chunks.error();
                let body = request.body_mut().take().unwrap_or_default();
                *request.body_mut() = Some(Body::wrap(chunks.body(body)));
                return Ok(body_error);
            }
            plan => {
                let payload = plan.payload().unwrap_or(Payload::EMPTY);
                self.sign_as(request, extensions, payload, watch, deadline).await?;
            }
        }
        Ok(BodyError::default())
    }

    /// Keeps a body in memory, so that it can be sent again. A stream is not kept, although it may be read to be hashed.
    #[cfg(feature = "refusals")]
    fn keep_body(&self, request: &mut Request, shape: BodyShape, watch: &mut Watch) {
        if !self.healing {
            return;
        }
        match shape {
            BodyShape::Empty => watch.kept_mut().keep_body(&Bytes::new()),
            BodyShape::InMemory(_) => {
                let body = request.body_mut().take().unwrap_or_default();
                if let Some(bytes) = Collect::new(body).try_whole() {
                    watch.kept_mut().keep_body(&bytes);
                    *request.body_mut() = Some(Body::from(bytes));
                }
            }
            BodyShape::Stream(_) => {}
        }
    }

    async fn whole(
        &self,
        request: &mut Request,
        limit: u64,
        deadline: &mut Deadline,
    ) -> Result<Bytes, Error> {
        let body = request.body_mut().take().unwrap_or_default();
        let mut collect = Collect::new(body);
        match collect.try_whole() {
            Some(bytes) => Ok(bytes),
            None => self.signer.read_body(deadline, &mut collect, limit).await,
        }
    }

    async fn sign_hashed(
        &self,
        request: &mut Request,
        extensions: &Extensions,
        bytes: Bytes,
        watch: &mut Watch,
        deadline: &mut Deadline,
    ) -> Result<(), Error> {
        if bytes.is_empty() {
            // A stream that turned out to be.
            let method = request.method().clone();
            state_empty_body(&method, request.headers_mut());
        }
        let digest = self.signer.hash_body(deadline, &bytes).await?;
        *request.body_mut() = Some(Body::from(bytes));
        self.sign_as(request, extensions, Payload::precomputed(digest), watch, deadline).await
    }

    async fn sign_as(
        &self,
        request: &mut Request,
        extensions: &Extensions,
        payload: Payload<'_>,
        watch: &mut Watch,
        deadline: &mut Deadline,
    ) -> Result<(), Error> {
        let mut target = Target { request, extensions };
        #[cfg(feature = "refusals")]
        let signing = self.signer.sign_watched(&mut target, payload, watch);
        #[cfg(not(feature = "refusals"))]
        let signing = {
            let () = watch;
            self.signer.sign_async(&mut target, payload)
        };
        self.signer.sign_within(deadline, signing).await
    }
}
