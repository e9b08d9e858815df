//! S3 Express: sessions with directory buckets.

use async_trait::async_trait;
use bytes::Bytes;
use http::header::HeaderValue;
use http::{Request, Uri};
use sigv4_core::clock::AmzDate;
use sigv4_core::express::CreateSession;
use sigv4_core::request::{RequestView, SigningParams, sign};
use sigv4_core::{Credentials, Error, Payload};

use super::sts::read;
use crate::context::Context;
use crate::http::{Exchange, fail, host_of, refused};
use crate::lookup::within;

/// Opens sessions with S3 Express directory buckets (`CreateSession`), over the HTTP client of a [`Context`].
///
/// ```
/// use sigv4_core::{Credentials, Signer};
/// use sigv4_credentials::ExpressSessionClient;
/// use sigv4_credentials::context::Context;
///
/// let credentials = Credentials::new("AKIDEXAMPLE", "secret")?;
/// let signer = Signer::new("s3express", "us-west-2", credentials)
///     .with_express_sessions(ExpressSessionClient::new(&Context::system()));
/// # let _ = signer;
/// # Ok::<(), sigv4_core::Error>(())
/// ```
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateSession.html>
pub struct ExpressSessionClient {
    context: Context,
    read_only: bool,
}

impl ExpressSessionClient {
    /// Sessions with all the rights that the credentials have.
    pub fn new(context: &Context) -> Self {
        Self { context: context.clone(), read_only: false }
    }

    /// Sessions that can read and no more.
    #[must_use]
    pub fn read_only(self) -> Self {
        Self { read_only: true, ..self }
    }

    fn request(&self, uri: &Uri, region: &str, identity: &Credentials) -> Result<Request<Bytes>, Error> {
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = uri.clone();
        if self.read_only {
            request.headers_mut().insert("x-amz-create-session-mode", HeaderValue::from_static("ReadOnly"));
        }
        let date = AmzDate::new(self.context.clock().now())?;
        let params = SigningParams::new(identity, &date, region, "s3express");
        let view = RequestView::new(request.method(), request.uri(), request.headers())?;
        let signature = sign(&view, &params, Payload::EMPTY, None)?;
        signature.apply(request.headers_mut())?;
        Ok(request)
    }
}

#[async_trait]
impl CreateSession for ExpressSessionClient {
    async fn create_session(
        &self,
        uri: &Uri,
        region: &str,
        identity: &Credentials,
    ) -> Result<Credentials, Error> {
        let request = || self.request(uri, region, identity);
        let answer = Exchange::new("S3 CreateSession").send(&self.context, request, |_| false).await?;
        let place = format!("S3 CreateSession at {}", host_of(uri));
        let (status, body) = (answer.status(), read(answer.body()));
        match body {
            Ok(answer) if status.is_success() => answer
                .credentials()
                .map_err(|error| within(place.as_str(), error))?
                .ok_or_else(|| fail(format_args!("{place} answered without credentials"))),
            Ok(answer) => {
                Err(refused(status, format_args!("{place} answered {status} {}", answer.reported())))
            }
            Err(error) if status.is_success() => Err(within(place, error)),
            Err(_) => Err(refused(status, format_args!("{place} answered {status}"))),
        }
    }
}

impl std::fmt::Debug for ExpressSessionClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExpressSessionClient").field("read_only", &self.read_only).finish_non_exhaustive()
    }
}
