//! Signs requests on their way out.
//!
//! Put [`SignLayer`] next to the client: whatever stands above it (retries, redirects, compression) is then part of what is
//! signed, and each attempt is signed afresh.
//!
//! A body in memory is hashed where it stands; a stream is buffered up to the signer's limit. Requests that need no
//! waiting, credentials cached and the body at hand, are signed within `call`, with no allocation of this crate's own.
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use sigv4_core::{Credentials, Signer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_sigv4::SignLayer;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower_sigv4::BoxError> {
//! let signer = Signer::new("execute-api", "us-east-2", Credentials::new("AKIDEXAMPLE", "secret")?);
//! let client = service_fn(|request: Request<Full<Bytes>>| async move {
//!     assert!(request.headers().contains_key("authorization"));
//!     Ok::<_, std::convert::Infallible>(Response::new(()))
//! });
//! let signing = ServiceBuilder::new().layer(SignLayer::new(signer)).service(client);
//!
//! let request = Request::post("https://abc.execute-api.us-east-2.amazonaws.com/prod").body(Full::from("{}"))?;
//! let response = signing.oneshot(request).await?;
//! assert_eq!(response.status(), 200);
//! # Ok(()) }
//! ```
//!
//! # Order
//!
//! From the outside, with all that there may be:
//!
//! ```text
//! buffer, rate limit → retry → redirects → compression → SignLayer → CheckSealLayer → the client
//! ```
//!
//! | layer | why there |
//! |---|---|
//! | `buffer`, `rate_limit` | what is signed before it waits in line may be too old when its turn comes, and is refused |
//! | `retry` | each attempt is signed when it is sent; below, the first signature goes out again |
//! | `FollowRedirect` | each hop is signed for its own origin, by `SignedRedirects`; below, the token goes to the next server |
//! | compression of requests | what is sent is what was signed; below, the service refuses the body |
//! | decompression, time-outs, `concurrency_limit` | on either side |
//! | what adds an address (kube's `base_uri_layer`) | above: without a host nothing can be signed |
//!
//! In debug builds, [`SignLayer::with_seal`] and a `CheckSealLayer` (feature `tracing`) next to the client warn of a layer in between
//! that changes what was signed.

mod body;
mod extras;
mod future;
#[cfg(feature = "refusals")]
mod healing;
mod layer;
mod pending;
mod rebuild;
mod service;

pub use body::SignedBody;
pub use future::SignFuture;
#[cfg(feature = "refusals")]
pub use healing::{Attempt, Healing, HealingFuture, HealingLayer};
pub use layer::SignLayer;
pub use pending::sign_request;
pub use rebuild::{Rebuild, Same, With, Wrap};
pub use service::Sign;
