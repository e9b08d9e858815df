//! Signing a request by hand.

use http::Extensions;
use reqwest::{Body, Request};
use sigv4_core::flow::{BodyShape, PayloadPlan};
use sigv4_core::signature::sha256;
use sigv4_core::{Error, ErrorKind, Payload, SignOptions, Signer};

use crate::target::{Target, WireForm, shape};

/// Signs a `reqwest::Request` in place, for an existing `reqwest::Client` or a blocking program.
///
/// ```
/// use reqwest_sigv4::SignExt;
/// use sigv4_core::{Credentials, SignOptions, Signer};
///
/// let signer = Signer::new("lambda", "us-east-1", Credentials::new("AKIDEXAMPLE", "secret")?);
/// let url = "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions".parse()?;
/// let mut request = reqwest::Request::new(reqwest::Method::GET, url);
/// request.sign(&signer, SignOptions::new())?;
/// assert!(request.headers().contains_key("authorization"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// With credentials that may have to be fetched, of an assumed role for instance:
///
/// ```no_run
/// # use reqwest_sigv4::SignExt;
/// # use sigv4_core::{SignOptions, Signer};
/// # async fn send(client: &reqwest::Client, signer: &Signer, url: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let mut request = client.get(url).build()?;
/// request.sign_async(signer, SignOptions::new()).await?;
/// let response = client.execute(request).await?;
/// # let _ = response;
/// # Ok(()) }
/// ```
pub trait SignExt {
    /// Signs the request, whose body must be in memory, or be left out of the signature by the options. Credentials must
    /// be at hand without waiting: else use [`sign_async`](Self::sign_async).
    ///
    /// On an error, kinds as for [`Signer::sign`], the request is left as it was.
    fn sign(&mut self, signer: &Signer, options: SignOptions) -> Result<(), Error>;

    /// As [`sign`](Self::sign), and waits for credentials where they have to be fetched. Give the signer's cache a timer if that
    /// may hang: [`CredentialCache::offer_sleep`](sigv4_core::credentials::CredentialCache::offer_sleep).
    fn sign_async(
        &mut self,
        signer: &Signer,
        options: SignOptions,
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

impl SignExt for Request {
    fn sign(&mut self, signer: &Signer, options: SignOptions) -> Result<(), Error> {
        let (extensions, before) = begin(self, signer, options);
        let signed = payload(self, signer, &extensions)
            .and_then(|payload| signer.sign(&mut Target { request: self, extensions: &extensions }, payload));
        end(self, before, signed)
    }

    async fn sign_async(&mut self, signer: &Signer, options: SignOptions) -> Result<(), Error> {
        let (extensions, before) = begin(self, signer, options);
        let signed = match payload(self, signer, &extensions) {
            Ok(payload) => {
                let mut target = Target { request: self, extensions: &extensions };
                signer.sign_async(&mut target, payload).await
            }
            Err(error) => Err(error),
        };
        end(self, before, signed)
    }
}

/// The options where the signer looks for them, and the request in its wire form, unless it is not to be signed.
fn begin(request: &mut Request, signer: &Signer, options: SignOptions) -> (Extensions, Option<WireForm>) {
    let mut extensions = Extensions::new();
    extensions.insert(options);
    let before = (!signer.is_skipped(&extensions)).then(|| WireForm::settle(request, true));
    (extensions, before)
}

/// Leaves the request as it was, where it could not be signed.
fn end(request: &mut Request, before: Option<WireForm>, signed: Result<(), Error>) -> Result<(), Error> {
    if let (Err(_), Some(before)) = (&signed, before) {
        before.take_back(request);
    }
    signed
}

/// What is signed of the body.
fn payload(
    request: &mut Request,
    signer: &Signer,
    extensions: &Extensions,
) -> Result<Payload<'static>, Error> {
    if signer.is_skipped(extensions) {
        // The signer will not look at it.
        return Ok(Payload::EMPTY);
    }
    let shape = shape(request);
    let plan = signer.plan(&Target { request, extensions }, shape, false)?;
    match plan {
        PayloadPlan::Unsigned => Ok(Payload::UNSIGNED),
        PayloadPlan::Precomputed(digest) => Ok(Payload::precomputed(digest)),
        PayloadPlan::Empty | PayloadPlan::Given => Ok(Payload::EMPTY),
        _ => match (shape, request.body().and_then(Body::as_bytes)) {
            (BodyShape::InMemory(_), Some(bytes)) => Ok(Payload::precomputed(sha256(bytes))),
            _ => Err(Error::new(
                ErrorKind::Payload,
                "the request's body is a stream, which SignExt does not read: use SigV4Middleware, or \
                 SignOptions::payload with PayloadMode::Precomputed or PayloadMode::Unsigned",
            )),
        },
    }
}
