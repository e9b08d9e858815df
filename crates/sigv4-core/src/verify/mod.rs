//! The other side: verifies requests that were signed in the header or the presigned form.
//!
//! A [`Verifier`] is a service's side of signing, over the same canonical request. It does no IO: it reads a
//! request's head, asks a [`FindCredentials`] for the secret behind the access key id, and is handed the body.
//! Verification takes two steps, since the head can be refused before a byte of the body is read:
//!
//! 1. [`Verifier::verify_head`] checks form, scope, time, which headers are signed, the key, the session token, and,
//!    where the request says what its body hashes to, the signature. (Callers that do not want the trait take the
//!    same step apart: [`Verifier::read`], then [`Claim::check_key`].)
//! 2. [`SignedHead::check_body`] compares the body, and checks the signature where it needed the body.
//!
//! What is refused comes back as a [`Rejection`]: a typed reason, the error code and words that AWS uses for it, and
//! the response to send.
//!
//! ```
//! use http::Request;
//! use sigv4_core::clock::{AmzDate, ManualClock};
//! use sigv4_core::request::{RequestView, SigningParams, sign};
//! use sigv4_core::verify::{CredentialMap, RejectionKind, Verifier};
//! use sigv4_core::{Credentials, Payload};
//!
//! # fn block_on<F: std::future::Future>(f: F) -> F::Output {
//! #     let mut f = std::pin::pin!(f);
//! #     match f.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
//! #         std::task::Poll::Ready(out) => out,
//! #         std::task::Poll::Pending => unreachable!("a map answers at once"),
//! #     }
//! # }
//! let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")?;
//! let date = AmzDate::parse("20150830T123600Z")?;
//! let mut request = Request::post("https://api.example.com/items").body(())?;
//! let view = RequestView::new(request.method(), request.uri(), request.headers())?;
//! let params = SigningParams::new(&credentials, &date, "eu-west-1", "execute-api");
//! let signature = sign(&view, &params, Payload::bytes(b"{}"), None)?;
//! signature.apply(request.headers_mut())?;
//!
//! let known: CredentialMap = [credentials.clone()].into_iter().collect();
//! let verifier = Verifier::new("execute-api", "eu-west-1", known)
//!     .with_clock(ManualClock::at_amz_date("20150830T123700Z")?);
//! let view = RequestView::received(request.method(), request.uri(), request.headers());
//! let verified = block_on(verifier.verify(&view, Payload::bytes(b"{}")))?;
//! assert_eq!(verified.access_key_id(), "AKIDEXAMPLE");
//!
//! let rejection = block_on(verifier.verify(&view, Payload::bytes(b"{ }"))).unwrap_err();
//! assert_eq!(rejection.kind(), RejectionKind::SignatureMismatch);
//! assert_eq!(rejection.code(), "InvalidSignatureException");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a signature does not say
//!
//! - A request can be replayed until it is older than the permitted skew, a presigned one until it expires.
//! - Only signed headers are the signer's: see [`Verified::signs`].
//! - Requests of one meaning to AWS share one signature; see [`WireForm`] for how much of that is accepted.

mod arrived;
mod carried;
#[cfg(feature = "chunked")]
mod chunks;
mod claim;
mod find;
mod head;
mod payload;
mod proof;
mod rejection;
mod scope;
mod verified;
mod verifier;
mod view;
mod window;
mod wire_form;

pub use claim::{Claim, SignedHead};
pub use find::{CredentialMap, FindCredentials};
pub use payload::PayloadClaim;
pub use rejection::{Dialect, Rejection, RejectionKind};
pub use verified::{Form, StreamSeed, Verified};
pub use verifier::Verifier;
pub use wire_form::WireForm;
