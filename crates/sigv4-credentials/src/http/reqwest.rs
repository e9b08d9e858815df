//! The default client, over reqwest.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{Request, Response, Uri};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use sigv4_core::{Error, ErrorKind};

use super::near::is_near;
use super::{HttpClient, HttpLimits, fail, no_answer, too_long};

/// Two reqwest clients, built at first use: one that reaches link-local and loopback addresses directly and
/// gives up after a second, one for everything else, through the proxy that the environment names.
///
/// Neither follows redirects. TLS is rustls over ring, with the certificates that the system trusts, whatever
/// other clients of the program use.
#[derive(Default)]
pub struct ReqwestClient {
    near: OnceLock<Result<Client, Error>>,
    far: OnceLock<Result<Client, Error>>,
}

impl ReqwestClient {
    /// A client that opens nothing until the first request.
    pub fn new() -> Self {
        Self::default()
    }

    fn client(&self, uri: &Uri, limits: HttpLimits) -> Result<&Client, Error> {
        let near = is_near(uri);
        let cell = if near { &self.near } else { &self.far };
        let client = cell.get_or_init(|| {
            let builder = base(limits.connect_timeout)?;
            let builder = if near { builder.no_proxy() } else { builder };
            builder.build().map_err(|error| fail("the HTTP client cannot be set up").with_source(error))
        });
        client.as_ref().map_err(Clone::clone)
    }
}

fn base(connect_timeout: Duration) -> Result<ClientBuilder, Error> {
    let builder = Client::builder().redirect(Policy::none()).referer(false).connect_timeout(connect_timeout);
    Ok(builder.tls_backend_preconfigured(tls()?))
}

fn tls() -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new(provider.clone());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| fail("TLS cannot be set up").with_source(error))?;
    Ok(match verifier {
        Ok(verifier) => {
            config.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
        }
        // A small container without certificates still reaches metadata over plain HTTP.
        Err(_) => config.with_root_certificates(RootCertStore::empty()).with_no_client_auth(),
    })
}

/// The URL stays out of the message, which names the host already.
fn failed(error: reqwest::Error, limits: HttpLimits) -> Error {
    if !error.is_timeout() {
        return no_answer(error.without_url());
    }
    let message = match error.is_connect() {
        true => format!("no connection within {:?}", limits.connect_timeout),
        false => format!("no whole answer within {:?}", limits.timeout),
    };
    Error::new(ErrorKind::Timeout, message).with_source(error.without_url())
}

impl fmt::Debug for ReqwestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReqwestClient")
    }
}

#[async_trait]
impl HttpClient for ReqwestClient {
    async fn send(&self, request: Request<Bytes>, limits: HttpLimits) -> Result<Response<Bytes>, Error> {
        let client = self.client(request.uri(), limits)?;
        let (parts, body) = request.into_parts();
        let mut request = client
            .request(parts.method, parts.uri.to_string())
            .headers(parts.headers)
            .timeout(limits.timeout);
        if !body.is_empty() {
            request = request.body(body);
        }
        let mut answer = request.send().await.map_err(|error| failed(error, limits))?;
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        let mut collected = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| failed(error, limits))? {
            if chunk.len() > limits.max_body - collected.len() {
                return Err(too_long(limits.max_body));
            }
            collected.extend_from_slice(&chunk);
        }
        *response.body_mut() = collected.freeze();
        Ok(response)
    }
}
