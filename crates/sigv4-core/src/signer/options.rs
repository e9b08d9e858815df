//! What one request asks for, apart from what its signer was made with.

use std::borrow::Cow;
use std::sync::Arc;

#[cfg(feature = "chunked")]
use crate::body::chunked::ChunkedOptions;
use crate::body::decode_sha256;
use crate::credentials::{CredentialCache, ProvideCredentials};
use crate::error::Error;
use crate::request::SignedHeaders;
use crate::signature::RegionSet;

/// How the payload of a request is covered by its signature.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub enum PayloadMode {
    /// What fits the service and the body: a body in memory is hashed, whatever its size. A stream is sent
    /// unsigned to S3 over an explicit `https` URI if its length is known, in signed chunks to S3 over plain HTTP
    /// (feature `chunked`), and else buffered up to the limit and hashed. Its length is known by itself, or by the request's
    /// `content-length`. VPC Lattice takes unsigned bodies alone, whatever they are.
    #[default]
    Auto,
    /// The SHA-256 of the whole body. A stream is buffered up to the limit.
    Signed,
    /// `UNSIGNED-PAYLOAD`: the signature says nothing of the body.
    Unsigned,
    /// The SHA-256 that the caller computed, raw. The body is sent as it is.
    Precomputed([u8; 32]),
    /// `aws-chunked`: each chunk signed, or the whole summed up in a trailer. For streams to S3.
    #[cfg(feature = "chunked")]
    Chunked(ChunkedOptions),
}

impl PayloadMode {
    /// [`PayloadMode::Precomputed`] out of the hash in hex. An error of kind `Payload` unless it is 64 hex digits.
    pub fn precomputed_hex(sha256: &str) -> Result<Self, Error> {
        decode_sha256(sha256).map(Self::Precomputed)
    }
}

/// Options for one request, put into its extensions; they outrank those of the [`Signer`](crate::Signer).
///
/// ```
/// use sigv4_core::{PayloadMode, SignOptions};
///
/// let mut request = http::Request::put("https://example.com/key").body(())?;
/// request.extensions_mut().insert(SignOptions::new().service("s3").payload(PayloadMode::Unsigned));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct SignOptions {
    pub(crate) service: Option<Cow<'static, str>>,
    pub(crate) region: Option<Cow<'static, str>>,
    pub(crate) region_set: Option<RegionSet>,
    pub(crate) payload: Option<PayloadMode>,
    pub(crate) credentials: Option<CredentialCache>,
    pub(crate) signed_headers: Option<SignedHeaders>,
    pub(crate) sign_host: Option<Arc<str>>,
    pub(crate) skip: bool,
}

impl SignOptions {
    /// No options: uses the signer's settings.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves this request unsigned.
    pub fn skip() -> Self {
        Self { skip: true, ..Self::default() }
    }

    /// Whether they say nothing of what the scope is told by.
    pub(crate) fn leaves_scope(&self) -> bool {
        let Self { service, region, region_set, sign_host, .. } = self;
        service.is_none() && region.is_none() && region_set.is_none() && sign_host.is_none()
    }

    /// Signs for this service: its signing name, such as `execute-api`.
    #[must_use]
    pub fn service(self, service: impl Into<Cow<'static, str>>) -> Self {
        Self { service: Some(service.into()), ..self }
    }

    /// Signs for this region, and not for a set that the signer may have.
    #[must_use]
    pub fn region(self, region: impl Into<Cow<'static, str>>) -> Self {
        Self { region: Some(region.into()), ..self }
    }

    /// Signs with SigV4a, for these regions. Needs the feature `sigv4a`.
    #[must_use]
    pub fn region_set(self, regions: RegionSet) -> Self {
        Self { region_set: Some(regions), ..self }
    }

    /// Covers the payload in this way.
    #[must_use]
    pub fn payload(self, mode: PayloadMode) -> Self {
        Self { payload: Some(mode), ..self }
    }

    /// Signs with other credentials: those of a tenant, say. Give [`Credentials`](crate::Credentials), or a
    /// [`CredentialCache`] that is kept between requests; any other provider would be asked anew each time.
    #[must_use]
    pub fn credentials(self, provider: impl ProvideCredentials + 'static) -> Self {
        Self { credentials: Some(CredentialCache::new(provider)), ..self }
    }

    /// Decides anew which headers are signed.
    #[must_use]
    pub fn signed_headers(self, headers: SignedHeaders) -> Self {
        Self { signed_headers: Some(headers), ..self }
    }

    /// Signs this host, with its port where it is not the scheme's default, in place of the one that is dialled:
    /// for a tunnel, a port forward or a VPC endpoint. The request's `host` header is set to it. Over HTTP/2 that takes a raw connection
    /// (`SigV4Connection` of `hyper-sigv4`): reqwest's and hyper-util's clients send what they dial as `:authority` beside that header,
    /// which RFC 9113, section 8.3.1, forbids and servers refuse.
    #[must_use]
    pub fn sign_host(self, host: impl Into<Arc<str>>) -> Self {
        Self { sign_host: Some(host.into()), ..self }
    }

    /// The same options for a request to another origin, to which a [host to sign](Self::sign_host) does not apply.
    /// For adapters that follow redirects.
    #[must_use]
    pub fn for_other_origin(self) -> Self {
        Self { sign_host: None, ..self }
    }
}
