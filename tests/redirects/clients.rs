//! The clients, with redirects followed above the signer, by nobody, and below it.

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sigv4_core::flow::RedirectRules;
use sigv4_core::{Error, ErrorKind, Signer};
use sigv4_tests::clients::reqwest_builder;
use tower::{ServiceBuilder, ServiceExt};
use tower_http::follow_redirect::FollowRedirectLayer;
use tower_http::follow_redirect::policy::{PolicyExt, clone_body_fn};
use tower_sigv4::{BoxError, ReqwestService, SignLayer, SignedRedirects};

use crate::servers::Tls;
use crate::{SCOPE, credentials};

/// Those that follow redirects above the signer.
pub const CLIENTS: [&str; 3] = ["reqwest", "hyper", "tower-reqwest"];

fn signer() -> Signer {
    Signer::new(SCOPE.0, SCOPE.1, credentials())
}

fn hyper<B>(tls: &Tls) -> Client<HttpsConnector<HttpConnector>, B>
where
    B: http_body::Body + Send,
    B::Data: Send,
{
    let connector =
        HttpsConnectorBuilder::new().with_tls_config(tls.client()).https_or_http().enable_http1().build();
    Client::builder(TokioExecutor::new()).build(connector)
}

fn reqwest(tls: &Tls) -> reqwest::Client {
    let trusted = reqwest::Certificate::from_der(&tls.certificate).unwrap();
    reqwest_builder().tls_certs_only([trusted]).build().unwrap()
}

fn request<B: From<&'static str>>(url: &str) -> Request<B> {
    Request::post(url).header("x-amz-meta-key", "for the first server").body(B::from("hello")).unwrap()
}

fn kind(error: BoxError) -> ErrorKind {
    Error::find(&*error).unwrap_or_else(|| panic!("not ours: {error:?}")).kind()
}

/// Posts, with redirects followed by `rules`.
pub async fn post(client: &str, tls: &Tls, url: &str, rules: RedirectRules) -> Result<StatusCode, ErrorKind> {
    match client {
        "reqwest" => {
            let client = reqwest_middleware::ClientBuilder::new(reqwest(tls))
                .with(reqwest_sigv4::FollowRedirects::new(rules))
                .with(reqwest_sigv4::SigV4Middleware::new(signer()))
                .build();
            let sent =
                client.post(url).header("x-amz-meta-key", "for the first server").body("hello").send().await;
            sent.map(|response| response.status()).map_err(|error| kind(error.into()))
        }
        "hyper" => {
            let policy = SignedRedirects::new(rules)
                .and::<_, Full<Bytes>, BoxError>(clone_body_fn(|body: &Full<Bytes>| Some(body.clone())));
            let service = ServiceBuilder::new()
                .layer(FollowRedirectLayer::with_policy(policy))
                .layer(SignLayer::new(signer()))
                .service(hyper::<Full<Bytes>>(tls));
            service.oneshot(request(url)).await.map(|response| response.status()).map_err(kind)
        }
        _ => {
            let policy = SignedRedirects::new(rules)
                .and::<_, Full<Bytes>, BoxError>(clone_body_fn(|body: &Full<Bytes>| Some(body.clone())));
            let service = ServiceBuilder::new()
                .layer(FollowRedirectLayer::with_policy(policy))
                .layer(SignLayer::new(signer()).wrap())
                .service(ReqwestService::new(reqwest(tls)));
            service.oneshot(request(url)).await.map(|response| response.status()).map_err(kind)
        }
    }
}

/// Clients with nothing that follows.
pub mod ignoring {
    use hyper_sigv4::SigV4Client;

    use super::*;

    pub const CLIENTS: [&str; 3] = ["reqwest", "hyper", "tower-reqwest"];

    pub async fn post(client: &str, tls: &Tls, url: &str) -> u16 {
        match client {
            "reqwest" => {
                let client = reqwest_middleware::ClientBuilder::new(reqwest(tls))
                    .with(reqwest_sigv4::SigV4Middleware::new(signer()))
                    .build();
                client.post(url).body("hello").send().await.unwrap().status().as_u16()
            }
            "hyper" => {
                let client = SigV4Client::new(signer(), hyper(tls));
                client.request(request::<Full<Bytes>>(url)).await.unwrap().status().as_u16()
            }
            _ => {
                let layer = ServiceBuilder::new().layer(SignLayer::new(signer()));
                let service = layer.service(ReqwestService::new(reqwest(tls)));
                service.oneshot(request::<reqwest::Body>(url)).await.unwrap().status().as_u16()
            }
        }
    }
}

/// reqwest, not hardened.
pub mod unguarded {
    use super::*;

    pub const CLIENTS: [&str; 2] = ["reqwest", "tower-reqwest"];

    pub async fn post(client: &str, url: &str) -> Result<StatusCode, ErrorKind> {
        let follows = reqwest_builder().redirect(reqwest::redirect::Policy::default()).build().unwrap();
        if client == "reqwest" {
            let client = reqwest_middleware::ClientBuilder::new(follows)
                .with(reqwest_sigv4::SigV4Middleware::new(signer()))
                .build();
            let sent = client.post(url).body("hello").send().await;
            return sent.map(|response| response.status()).map_err(|error| kind(error.into()));
        }
        let layer = ServiceBuilder::new().layer(SignLayer::new(signer()));
        let service = layer.service(ReqwestService::new(follows));
        let sent = service.oneshot(request::<reqwest::Body>(url)).await;
        sent.map(|response| response.status()).map_err(kind)
    }
}

/// Redirects followed for a first attempt that is given up at its second hop, and for another one of the same request.
pub mod given_up {
    use std::future::{Future, pending, poll_fn};
    use std::pin::pin;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::Poll;

    use http::Extensions;
    use reqwest_middleware::{Middleware, Next};
    use sigv4_core::SignOptions;
    use sigv4_core::flow::Elsewhere;

    use super::{RedirectRules, StatusCode, Tls, reqwest, signer};

    type Sent = reqwest_middleware::Result<::reqwest::Response>;

    /// Gives up as soon as the flag is set, and tries again.
    struct Impatient(&'static AtomicBool);

    #[async_trait::async_trait]
    impl Middleware for Impatient {
        async fn handle(
            &self,
            request: ::reqwest::Request,
            extensions: &mut Extensions,
            next: Next<'_>,
        ) -> Sent {
            let again = request.try_clone().unwrap();
            {
                let mut first = pin!(next.clone().run(request, extensions));
                poll_fn(|context| {
                    assert!(first.as_mut().poll(context).is_pending(), "the second hop hangs");
                    if self.0.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
            }
            next.run(again, extensions).await
        }
    }

    /// Hangs once where a request goes out that is not signed, and raises the flag.
    struct Hanging(&'static AtomicBool);

    #[async_trait::async_trait]
    impl Middleware for Hanging {
        async fn handle(
            &self,
            request: ::reqwest::Request,
            extensions: &mut Extensions,
            next: Next<'_>,
        ) -> Sent {
            let skipped = extensions.get::<SignOptions>().is_some();
            if skipped && !self.0.swap(true, Ordering::SeqCst) {
                return pending().await;
            }
            next.run(request, extensions).await
        }
    }

    pub async fn post(tls: &Tls, url: &str) -> StatusCode {
        let hung: &'static AtomicBool = Box::leak(Box::default());
        let rules = RedirectRules::new().with_elsewhere(Elsewhere::Unsigned);
        let client = reqwest_middleware::ClientBuilder::new(reqwest(tls))
            .with(Impatient(hung))
            .with(reqwest_sigv4::FollowRedirects::new(rules))
            .with(Hanging(hung))
            .with(reqwest_sigv4::SigV4Middleware::new(signer()))
            .build();
        client.post(url).body("hello").send().await.unwrap().status()
    }
}
