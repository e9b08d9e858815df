//! Bodies that can be sent again.

use http::Extensions;
use reqwest::{Body, Request, Response};
use reqwest_middleware::{Middleware, Next};
use sigv4_core::flow::Collect;

use crate::error::wrapped;

/// Reads streamed bodies into memory, so that retries and redirects below can send them again.
///
/// Under a retry middleware a stream, a multipart form or `Body::wrap` fails before anything is sent, since it cannot be
/// cloned. Put this above it: `.with(BufferBody::new(limit)).with(retry).with(sigv4)`. A body of more than `limit` bytes is an
/// error, of kind `Payload` below `reqwest_middleware::Error`.
#[derive(Debug, Clone, Copy)]
pub struct BufferBody {
    limit: u64,
}

impl BufferBody {
    /// Reads up to `limit` bytes of each body.
    pub fn new(limit: u64) -> Self {
        Self { limit }
    }
}

impl Default for BufferBody {
    /// Up to [`DEFAULT_BUFFER_LIMIT`](sigv4_core::DEFAULT_BUFFER_LIMIT) bytes.
    fn default() -> Self {
        Self::new(sigv4_core::DEFAULT_BUFFER_LIMIT)
    }
}

#[async_trait::async_trait]
impl Middleware for BufferBody {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        if request.body().is_some_and(|body| body.as_bytes().is_none())
            && let Some(body) = request.body_mut().take()
        {
            let bytes = Collect::new(body).bytes(self.limit).await.map_err(wrapped)?;
            *request.body_mut() = Some(Body::from(bytes));
        }
        next.run(request, extensions).await
    }
}
