//! A check for debugging: is a request still what was signed when it reaches the client?

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next};
use sigv4_core::flow::Seal;

use crate::target::{Target, shape};

/// Warns (by `tracing`, level WARN) when a middleware below the signer changed what was signed, so that the service will refuse the
/// request; it is sent all the same. Put it last, and have the signer leave a seal:
/// `.with(SigV4Middleware::new(signer).with_seal(cfg!(debug_assertions))).with(CheckSeal)`. Without one this does nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct CheckSeal;

#[async_trait::async_trait]
impl Middleware for CheckSeal {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        if let Some(seal) = extensions.remove::<Seal>() {
            let length = shape(&request).length();
            seal.warn(&Target { request: &mut request, extensions }, length, "middleware");
        }
        next.run(request, extensions).await
    }
}
