//! Signing a request by hand.

use http::Extensions;
use reqwest::Request;
use sigv4_core::flow::{BodyShape, PayloadPlan};
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
pub trait SignExt {
    /// Signs the request, whose body must be in memory, or be left out of the signature by the options. Credentials must
    /// be at hand without waiting: else fetch them first ([`Signer::fetch`]).
    ///
    /// On an error, kinds as for [`Signer::sign`], the request is left as it was.
    fn sign(&mut self, signer: &Signer, options: SignOptions) -> Result<(), Error>;
}

impl SignExt for Request {
    fn sign(&mut self, signer: &Signer, options: SignOptions) -> Result<(), Error> {
        let mut extensions = Extensions::new();
        extensions.insert(options);
        if signer.is_skipped(&extensions) {
            // Signs nothing, and tells the outcome hook so.
            return signer.sign(&mut Target { request: self, extensions: &extensions }, Payload::EMPTY);
        }
        let before = WireForm::settle(self, true);
        let signed = sign(self, signer, &extensions);
        if signed.is_err() {
            before.take_back(self);
        }
        signed
    }
}

fn sign(request: &mut Request, signer: &Signer, extensions: &Extensions) -> Result<(), Error> {
    let shape = shape(request);
    let mut body = request.body_mut().take();
    let mut target = Target { request, extensions };
    let signed = signer.plan(&target, shape, false).and_then(|plan| {
        let payload = match plan {
            PayloadPlan::Unsigned => Payload::UNSIGNED,
            PayloadPlan::Precomputed(digest) => Payload::precomputed(digest),
            PayloadPlan::Empty | PayloadPlan::Given => Payload::EMPTY,
            _ => match (shape, body.as_ref().and_then(reqwest::Body::as_bytes)) {
                (BodyShape::InMemory(_), Some(bytes)) => Payload::bytes(bytes),
                _ => {
                    return Err(Error::new(
                        ErrorKind::Payload,
                        "the request's body is a stream, which SignExt does not read: use SigV4Middleware, or \
                         SignOptions::payload with PayloadMode::Precomputed or PayloadMode::Unsigned",
                    ));
                }
            },
        };
        signer.sign(&mut target, payload)
    });
    *request.body_mut() = body.take();
    signed
}
