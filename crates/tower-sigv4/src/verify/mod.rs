//! Verifies requests on their way in.
//!
//! [`VerifyLayer`] stands before a service: hyper's, axum's, any over `http::Request`. A request whose signature does
//! not verify is answered by the layer, in AWS's words, and the service is not called. One that verifies reaches it
//! with the body that was verified, in memory, and with a [`Verified`](sigv4_core::verify::Verified) among its
//! extensions, that says who signed. The answer to a refused request has the
//! [`Rejection`](sigv4_core::verify::Rejection) among its extensions, for logs and metrics.
//!
//! The head is verified before the body is read, as far as it goes: only services whose requests carry
//! `x-amz-content-sha256` (S3) can be verified without the body. Whoever knows an access key id, but no secret, can
//! make the layer hold a body of up to the [limit](VerifyLayer::with_body_limit) otherwise. How long a body may take
//! is left to a timeout above.
//!
//! A request that is refused by its head is answered once its body has come in and was thrown away, where the body announces
//! a length within the limit: most clients over HTTP/1 read no answer before they have sent all, and a connection that is closed
//! under them loses the reason. Clients that asked first (`Expect: 100-continue`) are answered at once.
//!
//! Chunked uploads (S3's `aws-chunked`) are accepted where
//! [`with_streaming`](sigv4_core::verify::Verifier::with_streaming) says so. With the feature `chunked` the layer decodes them
//! and verifies every chunk, the trailers and the checksums; the service sees headers and body as they were before they were
//! chunked. They are held in memory like any other body, unless the service takes a `StreamedBody`.
//!
//! What was signed is the path as it arrived: in axum, put the layer around the outermost router, not inside of `nest`,
//! which cuts the path short.
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response, StatusCode};
//! use http_body_util::{BodyExt, Full};
//! use sigv4_core::verify::{CredentialMap, Verified, Verifier};
//! use sigv4_core::{Credentials, Signer};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_sigv4::{SignLayer, VerifiedBody, VerifyLayer};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower_sigv4::BoxError> {
//! let credentials = Credentials::new("AKIDEXAMPLE", "secret")?;
//! let known: CredentialMap = [credentials.clone()].into_iter().collect();
//! let server = ServiceBuilder::new()
//!     .layer(VerifyLayer::new(Verifier::new("execute-api", "us-east-2", known)))
//!     .service(service_fn(|request: Request<VerifiedBody>| async move {
//!         let caller = request.extensions().get::<Verified>().map(|verified| verified.access_key_id().to_owned());
//!         Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::from(caller.unwrap_or_default())))
//!     }));
//!
//! // A signing client on top of it, in place of a network.
//! let signer = Signer::new("execute-api", "us-east-2", credentials);
//! let client = ServiceBuilder::new().layer(SignLayer::new(signer)).service(server.clone());
//! let request = || Request::post("https://api.example.com/items").body(Full::<Bytes>::from("{}"));
//! let response = client.oneshot(request()?).await?;
//! assert_eq!(response.into_body().collect().await?.to_bytes(), "AKIDEXAMPLE");
//!
//! // Without it.
//! let response = server.oneshot(request()?).await?;
//! assert_eq!(response.status(), StatusCode::FORBIDDEN);
//! assert_eq!(response.headers()["x-amzn-errortype"], "MissingAuthenticationTokenException");
//! # Ok(()) }
//! ```

mod body;
mod drain;
mod future;
mod layer;
mod receive;
mod service;
#[cfg(feature = "chunked")]
mod streamed;

pub use body::{ResponseBody, VerifiedBody};
pub use future::VerifyFuture;
pub use layer::{DEFAULT_BODY_LIMIT, VerifyLayer};
pub use receive::Receive;
pub use service::Verify;
#[cfg(feature = "chunked")]
pub use streamed::StreamedBody;
